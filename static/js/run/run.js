// The run under the prompt: follows it, shows how it stands, and puts the
// completion where it belongs: into the prompt's text, or by itself.

import { tooLong } from '../form/too-long.js';
import { announce } from '../shell/announcer.js';
import { sayAllDeleted } from '../shell/deleted.js';
import { say } from '../shell/notices.js';
import { Output } from './output.js';
import { PanelSource } from './panel-source.js';
import { Stream } from './stream.js';
import { drawRows } from './table.js';

const FINAL = new Set(['succeeded', 'cancelled', 'failed']);
const LOST = 'Connection lost. The run goes on; the page reconnects.';
// Links to a sibling, by their ids.
const ASKERS = { 'previous-sibling': 'sibling', 'next-sibling': 'sibling', retry: 'sibling' };
const SIGNED_OUT = 'You have signed out. Sign in again to see this run.';
const AWAY = 'This run is not here any more.';
const DELETED = 'This run is deleted. What stands here is kept nowhere.';
const ENDINGS = { succeeded: 'Finished.', cancelled: 'Stopped.', failed: 'The run failed.' };

export function startRun(editor) {
  return new RunView(editor);
}

class RunView {
  #editor;
  #stream = new Stream(socketAddress(), (isDeleted) =>
    isDeleted ? sayAllDeleted() : setNote(SIGNED_OUT),
  );
  #panel = null;
  #output = null;
  #stale = false;
  #firstAt = 0;
  #count = 0;
  #ahead = null;
  #source;
  // What had the focus in the panel that is being replaced: its id, or "" without one.
  #focused = null;
  // Whether the person has left the scrolling to us since the run began.
  #mayScroll = false;

  constructor(editor) {
    this.#editor = editor;
    this.#source = new PanelSource(editor);
    editor.onEdit(() => this.#setStale(true));
    editor.onTab(() => this.#place());
    editor.onTurn(() => this.#source.follow());
    document.addEventListener('htmx:beforeSwap', (event) => {
      if (event.detail.target?.id === 'run-panel' && event.detail.shouldSwap) this.#leave();
      // Why it is gone is said by the socket, if it is known.
      if (event.detail.xhr.status === 404 && this.#isReload(event.detail)) {
        event.detail.shouldSwap = false;
        setNote(AWAY);
      }
    });
    document.addEventListener('htmx:afterSettle', (event) => {
      const { elt, target } = event.detail;
      if (target?.id !== 'run-panel' && elt?.id !== 'run-panel') return;
      const asker = event.detail.requestConfig?.elt?.id;
      if (asker === 'run') this.#setStale(false);
      this.#attach(asker);
      this.#source.attached(asker);
    });
    document.addEventListener('htmx:beforeRequest', (event) => this.#guardRun(event));
    document.addEventListener('page:deleted', () => this.#deleted());
    document.addEventListener('click', (event) => this.#clicked(event));
    for (const scrolling of ['wheel', 'touchmove']) {
      document.addEventListener(scrolling, () => (this.#mayScroll = false), { passive: true });
    }
    this.#attach('page');
  }

  // The panel is about to be replaced: its text goes with it.
  #leave() {
    if (this.#panel?.dataset.run) this.#stream.unfollow(this.#panel.dataset.run);
    const { activeElement } = document;
    this.#focused = this.#panel?.contains(activeElement) ? activeElement.id : null;
    this.#editor.inline?.replaceChildren();
  }

  // What was pressed may be disabled now and would leave the focus nowhere. After the last Undo
  // that is the text: on Run, one press more would run.
  #keepFocus() {
    const focused = this.#focused;
    this.#focused = null;
    if (focused === null || document.activeElement !== document.body) return;
    const same = focused && document.getElementById(focused);
    if (same && !same.disabled && !same.hidden) same.focus({ preventScroll: true });
    else if (focused === 'undo' || focused === 'redo') this.#editor.view.focus();
    else document.getElementById('run').focus({ preventScroll: true });
  }

  #attach(asker) {
    const panel = document.getElementById('run-panel');
    // Undo has come back to it: the person looks at the text.
    if (asker === 'run-panel' && panel.dataset.run !== this.#panel.dataset.run)
      this.#mayScroll = false;
    this.#panel = panel;
    const { run, status, epoch, next } = panel.dataset;
    const element = document.getElementById('output');
    this.#count = run ? Number(next) - 1 : 0;
    this.#output = new Output(element, {
      appended: () => this.#appended(),
      // In the free page's document the marks are the editor's.
      isMarked: !this.#editor.document,
    });
    if (panel.dataset.tokens && !this.#editor.document) this.#drawTokens();
    this.#editor.document?.attach(
      panel,
      asker?.startsWith('node-') ? 'sibling' : (ASKERS[asker] ?? asker),
    );
    this.#firstAt = 0;
    this.#place();
    this.#setBusy(panel.dataset.final === 'no');
    this.#setStale(this.#stale && Boolean(run));
    this.#showSeed();
    this.#keepFocus();
    if (!run) return;
    if (asker === 'run' || asker === 'retry') {
      announce(status === 'queued' ? `Queued: ${noteText()}.` : 'Started.');
      if (asker === 'run' && panel.dataset.output === 'bubble') this.#conversed();
      this.#mayScroll = true;
      this.#showFoot();
    }
    if (panel.dataset.final === 'yes') {
      this.#drawFinal();
      this.#showFoot();
      return;
    }
    this.#stream.follow(run, {
      epoch: Number(epoch),
      next: Number(next),
      handlers: {
        tokens: (tokens) => this.#took(tokens),
        restart: () => this.#restart(),
        state: (event) => this.#state(event),
        connected: (isOpen) => this.#connected(isOpen),
        stalled: () => this.#reload(),
        deleted: () => this.#deleted(),
      },
    });
  }

  #took(tokens) {
    const now = performance.now();
    this.#firstAt ||= now;
    this.#count += tokens.length;
    if (this.#panel.dataset.status === 'queued') this.#setStatus('running');
    this.#output.append(tokens);
    this.#editor.document?.append(this.#panel.dataset.run, tokens);
  }

  #restart() {
    this.#output.clear();
    this.#editor.document?.restart(this.#panel.dataset.run);
    this.#count = 0;
    setFigure('figure-tokens', '0');
    announce('The text starts again: its worker was lost.');
  }

  #state({ status, ahead, wait_s: wait }) {
    if (FINAL.has(status)) {
      this.#output.flush();
      this.#editor.document?.flush();
      this.#setStatus(status);
      announce(ENDINGS[status]);
      this.#reload();
      return;
    }
    const was = this.#panel.dataset.status;
    this.#setStatus(status);
    const text = status === 'queued' ? queueText(ahead, wait) : '';
    setNote(text);
    // The seconds of the wait change all the time; the place is worth a word.
    if (text && ahead !== this.#ahead) announce(`Queued: ${text}.`);
    this.#ahead = ahead;
    if (status === 'running' && was === 'queued') announce('Started.');
  }

  #connected(isOpen) {
    if (isOpen && noteText() === LOST) setNote('');
    if (!isOpen) setNote(LOST);
  }

  // Here or elsewhere: there is nothing more to come, to stop or to try again.
  #deleted() {
    const { run } = this.#panel.dataset;
    if (!run) return;
    this.#stream.unfollow(run);
    this.#output.flush();
    this.#editor.document?.stopWriting(run);
    this.#setStatus('deleted');
    this.#setBusy(false);
    for (const id of ['stop', 'retry']) document.getElementById(id).disabled = true;
    setNote(DELETED);
    announce(DELETED);
  }

  // At the start and at the end, never in between.
  #showFoot() {
    if (this.#mayScroll)
      this.#panel.querySelector('.run-foot').scrollIntoView({ block: 'nearest' });
  }

  // The row's truth, drawn by the server.
  async #reload() {
    const panel = this.#panel;
    await this.#source.renew();
    // There was no answer: what is shown is the truth as far as it is known.
    if (panel.isConnected) this.#setBusy(!FINAL.has(panel.dataset.status));
  }

  #isReload({ requestConfig: { verb, path } }) {
    return verb === 'get' && path === this.#panel.dataset.outputUrl;
  }

  #setStatus(status) {
    this.#panel.dataset.status = status;
    document.getElementById('status').textContent = status;
    document.getElementById('output').toggleAttribute('data-writing', status === 'running');
  }

  #appended() {
    setFigure('figure-tokens', String(this.#count));
    document.getElementById('output-tools').hidden = false;
    if (this.#panel.dataset.output === 'table') {
      drawRows(
        document.getElementById('table-view'),
        document.getElementById('output').textContent,
      );
    }
  }

  #drawFinal() {
    document.getElementById('output').removeAttribute('data-writing');
    if (this.#panel.dataset.output === 'sql' && !this.#panel.dataset.tokens) this.#colour();
  }

  #drawTokens() {
    this.#output.clear();
    this.#output.append(JSON.parse(this.#panel.dataset.tokens));
    this.#output.flush();
  }

  async #colour() {
    const { colour } = await import('./highlight.js');
    const body = document.querySelector('#output .body');
    if (body) colour(body, 'sql');
  }

  // In the prompt's tab the completion goes on in the text, as long as that is
  // still the text it continues. In the free page's document it is a part of the text.
  #place() {
    const output = document.getElementById('output');
    const { document: free, inline } = this.#editor;
    const isInline = free
      ? !this.#panel?.dataset.run || free.has(this.#panel)
      : this.#editor.tab === 'prompt' && !this.#stale;
    const home = isInline && !free ? inline : document.getElementById('output-home');
    if (output && output.parentElement !== home) home.append(output);
    output?.toggleAttribute('data-writing', this.#panel?.dataset.status === 'running');
    this.#editor.card.toggleAttribute('data-inline', isInline);
  }

  #setStale(isStale) {
    const hasRun = Boolean(this.#panel?.dataset.run);
    this.#stale = isStale && hasRun && !this.#editor.document?.has(this.#panel);
    const note = document.getElementById('stale-note');
    // In a chat the next message is not a change of what was said.
    if (note) note.hidden = !this.#stale || this.#panel.dataset.output === 'bubble';
    this.#place();
  }

  // A message was sent: the conversation has grown, its input is empty.
  #conversed() {
    this.#editor.previewSoon();
    const message = document.getElementById('field-message');
    const { activeElement, body } = document;
    const isElsewhere = activeElement !== body && !this.#panel.contains(activeElement);
    if (matchMedia('(hover: hover)').matches && !isElsewhere)
      message.focus({ preventScroll: true });
  }

  #setBusy(isBusy) {
    const run = document.getElementById('run');
    if (isBusy) run.setAttribute('aria-disabled', 'true');
    else run.removeAttribute('aria-disabled');
    document.getElementById('run-bar').hidden = !this.#panel.dataset.run;
  }

  #guardRun(event) {
    const { elt } = event.detail;
    if (elt.id !== 'run') return;
    const long = tooLong(this.#editor);
    if (long) say(long.sentence, long.field);
    if (long || elt.getAttribute('aria-disabled') === 'true') event.preventDefault();
  }

  #showSeed() {
    const { seed } = this.#panel.dataset;
    document.getElementById('seed-used').hidden = !seed;
    if (seed) document.getElementById('seed-value').textContent = seed;
  }

  #clicked(event) {
    const button = event.target.closest('button');
    if (button?.id === 'copy-output') copy(button);
    if (button?.id === 'append-output') {
      const text = document.getElementById('output').textContent;
      this.#editor.insertAtEnd(text);
    }
  }
}

function queueText(ahead, wait) {
  if (ahead === undefined || ahead === null) return '';
  const before =
    ahead === 0 ? 'next in line' : `${ahead} run${ahead > 1 ? 's' : ''} before this one`;
  return wait ? `${before}, about ${Math.max(1, Math.round(wait))} s` : before;
}

// The site may have only a part of the host to itself.
function socketAddress() {
  const address = new URL(`${document.documentElement.dataset.root}ws/`, location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

function noteText() {
  return document.getElementById('run-note').textContent;
}

function setNote(text) {
  const note = document.getElementById('run-note');
  if (note.textContent !== text) note.textContent = text;
}

function setFigure(id, text) {
  const figure = document.getElementById(id);
  figure.hidden = false;
  figure.querySelector('b').textContent = text;
}

async function copy(button) {
  const label = button.querySelector('span');
  try {
    await navigator.clipboard.writeText(document.getElementById('output').textContent.trim());
    label.textContent = 'Copied';
    announce('Copied.');
  } catch {
    label.textContent = 'Select the text to copy it';
  }
  setTimeout(() => {
    label.textContent = 'Copy';
  }, 1600);
}
