// The run under the prompt: takes each new panel, follows its run, and shows its output.

import { askerOf, isNewRun } from '../panel/askers.js';
import { findPanel, Panel } from '../panel/panel.js';
import { PanelFocus } from '../panel/panel-focus.js';
import { PanelSource } from '../panel/panel-source.js';
import { ENDINGS, isFinal } from '../panel/statuses.js';
import { announce } from '../shell/announcer.js';
import { sayAllDeleted } from '../shell/deleted.js';
import { fetchTokens } from '../tokens/run-tokens.js';
import { areTokensShown } from '../tokens/showing.js';
import { FootScroll } from './foot-scroll.js';
import { Output } from './output.js';
import { pageStream } from './page-stream.js';
import { Placement } from './placement.js';
import { guardRun } from './run-guard.js';
import { showCount } from './several.js';
import { drawRows } from './table.js';
import { TokenKeys } from './token-keys.js';

const LOST = 'Connection lost. The run goes on; the page reconnects.';
const SIGNED_OUT = 'You have signed out. Sign in again to see this run.';
const AWAY = 'This run is not here any more.';
const DELETED = 'This run is deleted. What is shown here is kept nowhere.';
const NOT_FOUND = 404;

export function startRun(editor) {
  guardRun(editor);
  return new RunView(editor);
}

class RunView {
  #editor;
  #stream = pageStream;
  #panel = null;
  #output = null;
  #count = 0;
  #ahead = null;
  #isReloading = false;
  // Whether an output has ended since the last panel was asked for.
  #isOutdated = false;
  #source;
  #placement;
  #focus;
  #scroll = new FootScroll();
  #tokenKeys;

  constructor(editor) {
    this.#editor = editor;
    this.#source = new PanelSource(editor);
    this.#placement = new Placement(editor);
    this.#focus = new PanelFocus(editor);
    this.#tokenKeys = new TokenKeys(editor);
    editor.onTurn(() => this.#source.follow());
    editor.form.addEventListener('htmx:beforeSwap', ({ detail }) => this.#prepareSwap(detail));
    editor.form.addEventListener('htmx:afterSettle', ({ detail }) => this.#takePanel(detail));
    document.addEventListener('page:deleted', () => this.#showDeletion());
    document.addEventListener('page:session-end', ({ detail }) =>
      this.#showEndOfSession(detail.isDeleted),
    );
    // One of the outputs beside the run has ended: what can be stopped and retried has changed.
    editor.form.addEventListener('output:end', () => this.#reload());
    editor.card.addEventListener('token-view', () => this.#showTokens());
    this.#attach('page');
  }

  #prepareSwap(detail) {
    const { target, shouldSwap, xhr, requestConfig } = detail;
    if (target?.id === 'run-panel' && shouldSwap) this.#leave();
    const isReload = requestConfig.verb === 'get' && requestConfig.path === this.#panel.address;
    // If the socket knows why it is gone, it says so, before or after this answer.
    if (xhr.status === NOT_FOUND && isReload) {
      detail.shouldSwap = false;
      if (this.#panel.status !== 'deleted') this.#panel.note = AWAY;
    }
  }

  // The panel is about to be replaced.
  #leave() {
    if (this.#panel.run) this.#stream.unfollow(this.#panel.run);
    this.#focus.remember(this.#panel.element);
    this.#placement.clear();
    // htmx fires an event for each element that it removes, and an output may have thousands.
    for (const output of this.#panel.element.querySelectorAll('.output')) output.replaceChildren();
  }

  // Other parts of the answer, such as the tree, also settle: one panel is handled once.
  #takePanel({ requestConfig }) {
    if (findPanel() === this.#panel.element) return;
    const pressed = requestConfig?.elt?.id ?? '';
    const asker = askerOf(pressed);
    this.#attach(asker, { isNew: isNewRun(pressed) });
    this.#source.attach(asker);
    // After the answer: one press at a time.
    if (pressed.startsWith('continue-')) setTimeout(() => document.getElementById('run').click());
  }

  #attach(asker, { isNew = false } = {}) {
    const before = this.#panel;
    const panel = new Panel(findPanel());
    // Undo has returned to it: the person looks at the text.
    if (asker === 'run-panel' && panel.run !== before.run) this.#scroll.forbid();
    this.#panel = panel;
    this.#count = panel.run ? panel.progress.next - 1 : 0;
    this.#attachText(asker);
    this.#placement.attach(panel, { isNewRun: asker === 'run' });
    panel.showBusy(panel.isLive);
    panel.showSeed();
    showCount();
    this.#focus.restore();
    panel.element.addEventListener('click', ({ target }) => {
      if (target.closest('#append-output')) this.#editor.insertAtEnd(panel.output.textContent);
    });
    if (!panel.run) return;
    if (isNew) this.#showStart(asker);
    if (panel.isFinal) this.#showFinal();
    else this.#follow();
  }

  #attachText(asker) {
    const { element, output, tokens } = this.#panel;
    const { document: free } = this.#editor;
    this.#output = new Output(output, {
      onChange: () => this.#showProgress(),
      // In the free page's document the editor has the marks.
      isMarked: !free,
    });
    if (free) {
      free.attach(element, asker);
    } else {
      if (tokens) this.#drawTokens(tokens);
      this.#tokenKeys.attach(output, this.#panel.run);
    }
  }

  #drawTokens(tokens) {
    this.#output.clear();
    this.#output.append(tokens);
    this.#output.flush();
  }

  #follow() {
    this.#stream.follow(this.#panel.run, {
      ...this.#panel.progress,
      handlers: {
        tokens: (tokens) => this.#write(tokens),
        restart: () => this.#startAgain(),
        state: (event) => this.#showState(event),
        connected: (isOpen) => this.#showConnection(isOpen),
        stalled: () => this.#reload(),
        deleted: () => this.#showDeletion(),
      },
    });
  }

  #write(tokens) {
    this.#count += tokens.length;
    if (this.#panel.status === 'queued') this.#panel.status = 'running';
    this.#output.append(tokens);
    this.#editor.document?.append(this.#panel.run, tokens);
  }

  #startAgain() {
    this.#output.clear();
    this.#editor.document?.restart(this.#panel.run);
    this.#count = 0;
    this.#panel.showCount(0);
    announce('The text starts again: its worker was lost.');
  }

  #flush() {
    this.#output.flush();
    this.#editor.document?.flush();
  }

  #showState({ status, ahead, note }) {
    const panel = this.#panel;
    const before = panel.status;
    if (isFinal(status)) this.#flush();
    panel.status = status;
    if (isFinal(status)) {
      announce(ENDINGS[status]);
      this.#reload();
      return;
    }
    if (status !== 'queued') {
      panel.note = '';
      this.#ahead = null;
    } else if (note !== undefined) {
      // The first event of a waiting run has no place yet: the panel's own text stays.
      panel.note = note;
      // The remaining seconds change all the time; only a new place is announced.
      if (ahead !== this.#ahead) announce(`Queued: ${note}.`);
      this.#ahead = ahead;
    }
    if (status === 'running' && before === 'queued') announce('Started.');
  }

  #showConnection(isOpen) {
    if (!isOpen) this.#panel.note = LOST;
    else if (this.#panel.note === LOST) this.#panel.note = '';
  }

  #showEndOfSession(isDeleted) {
    if (isDeleted) sayAllDeleted();
    else this.#panel.note = SIGNED_OUT;
  }

  // Deleted here or elsewhere: there is no more text, and nothing to stop or retry.
  #showDeletion() {
    const panel = this.#panel;
    if (!panel.run) return;
    this.#stream.unfollow(panel.run);
    this.#output.flush();
    this.#editor.document?.stopWriting(panel.run);
    panel.status = 'deleted';
    panel.disable();
    panel.note = DELETED;
    announce(DELETED);
  }

  // The row's final state, drawn by the server. Several outputs may end together: one answer is
  // enough for all of them, unless it came too early for the last.
  async #reload() {
    this.#isOutdated = true;
    if (this.#isReloading) return;
    this.#isReloading = true;
    const panel = this.#panel;
    do {
      this.#isOutdated = false;
      await this.#source.renew();
    } while (this.#isOutdated && this.#panel.isLive);
    this.#isReloading = false;
    // There was no answer: the page keeps the last known state.
    if (panel.element.isConnected) panel.showBusy(!panel.hasEnded);
  }

  #showStart(asker) {
    const { status, note, kind } = this.#panel;
    announce(status === 'queued' ? `Queued: ${note}.` : 'Started.');
    if (asker === 'run' && kind === 'bubble') this.#continueChat();
    this.#scroll.allow();
    this.#scroll.show(this.#panel);
  }

  // A message was sent: the conversation has grown, and its input is empty.
  #continueChat() {
    this.#editor.previewSoon();
    const message = document.getElementById('field-message');
    const { activeElement, body } = document;
    const isElsewhere = activeElement !== body && !this.#panel.element.contains(activeElement);
    if (matchMedia('(hover: hover)').matches && !isElsewhere)
      message.focus({ preventScroll: true });
  }

  #showProgress() {
    const { table, output } = this.#panel;
    this.#panel.showCount(this.#count);
    this.#panel.showTools();
    this.#tokenKeys.prepare();
    if (table) drawRows(table, output.textContent);
  }

  #showFinal() {
    this.#scroll.show(this.#panel);
    this.#showTokens();
  }

  // Of a run that has ended and came as text alone: the borders of its tokens, or the colours of
  // its language.
  async #showTokens() {
    const panel = this.#panel;
    const { document: free } = this.#editor;
    if (areTokensShown()) free?.markTokens();
    if (!panel.run || !panel.isFinal || panel.tokens) return;
    if (!areTokensShown()) {
      if (panel.kind === 'sql') this.#colour();
      return;
    }
    if (free?.hasTokens(panel.run)) return;
    const found = await fetchTokens(panel.element);
    if (!found || !areTokensShown() || panel !== this.#panel) return;
    if (!free) {
      this.#drawTokens(found);
      return;
    }
    free.learnTokens(panel.run, found);
    this.#editor.card.dispatchEvent(new Event('tokens-known'));
  }

  async #colour() {
    const { output } = this.#panel;
    const { colour } = await import('./highlight.js');
    if (areTokensShown()) return;
    const body = output.querySelector('.body');
    if (body) colour(body, 'sql');
  }
}

// The site may have only a part of the host to itself.
