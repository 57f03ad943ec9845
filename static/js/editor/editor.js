// Fields and raw prompt: one truth, built by the server from the fields, until
// the prompt is edited by hand and stands for itself.
import htmx from 'htmx.org';
import { createBox, replaceText } from '../box/codemirror.js';
import { inlineOutput } from '../box/inline-output.js';
import { showMisses } from '../box/near-miss-marks.js';
import { showUnsent } from '../box/unsent.js';
import { FreeDocument } from '../document/document.js';
import { forgetCount, showTooLong, tooLong } from '../form/too-long.js';
import { onKey } from '../shell/input-method.js';

const PREVIEW_DELAY = 220;
// What changes neither the prompt nor whether it fits.
const NO_PREVIEW = new Set(['seed', 'temperature', 'top_p', 'top_k', 'min_p', 'logprobs']);

export function startEditor() {
  return new Editor(document.getElementById('editor'));
}

class Editor {
  #form;
  #card = document.getElementById('card');
  #prompt = document.getElementById('prompt');
  #view;
  // The document that the preview was asked about.
  #asked = null;
  #timer = 0;
  #edition = 0;
  #listeners = [];

  constructor(form) {
    this.#form = form;
    const words = form.dataset.labels.split('|');
    if (this.isFree) {
      this.document = new FreeDocument(this.#prompt, words, {
        grown: () => this.previewSoon(),
        turned: () => this.#card.dispatchEvent(new Event('turn')),
      });
      this.#view = this.document.view;
    } else {
      this.inline = document.createElement('span');
      const extensions = inlineOutput(this.inline);
      this.#view = createBox(this.#prompt, { words, extensions });
    }
    form.addEventListener('input', (event) => this.#edited(event.target));
    form.addEventListener('change', (event) => {
      // The model menu stands outside the form's element, its input does not.
      if (event.target.type === 'radio') this.previewSoon();
    });
    document.addEventListener('change', (event) => {
      if (event.target.name === 'model') this.previewSoon();
    });
    document.addEventListener('htmx:configRequest', ({ detail }) => {
      if (detail.elt.id === 'preview') this.#asked = this.#view.state.doc;
    });
    document.addEventListener('htmx:afterRequest', ({ detail: { elt, successful } }) => {
      if (elt.id === 'preview' && !successful) forgetCount();
    });
    document.addEventListener('htmx:afterSettle', (event) => this.#swapped(event.detail.target));
    document.getElementById('reattach')?.addEventListener('click', () => this.#reattach());
    // A page that comes back is loaded again; what it was about to ask is of before.
    addEventListener('pagehide', () => clearTimeout(this.#timer));
    this.#startTabs();
    this.#startEnter();
    this.#restoreDetached();
  }

  get form() {
    return this.#form;
  }

  get card() {
    return this.#card;
  }

  // The editor of the prompt (CodeMirror's EditorView).
  get view() {
    return this.#view;
  }

  // The prompt as it stands in the editor.
  get text() {
    return this.#view.state.doc.toString();
  }

  get tab() {
    return this.#card.dataset.tab;
  }

  get isFree() {
    return !document.getElementById('detached');
  }

  // listener() is called when the prompt or a field was edited by the person.
  onEdit(listener) {
    this.#listeners.push(listener);
  }

  // listener() is called when another tab is shown.
  onTab(listener) {
    this.#card.addEventListener('tab', listener);
  }

  // listener() is called when Undo or Redo may have made the document another run's.
  onTurn(listener) {
    this.#card.addEventListener('turn', listener);
  }

  setPrompt(text) {
    replaceText(this.#view, text);
  }

  // Puts text in the prompt as if it had been typed, so that it can be undone.
  insertAtEnd(text) {
    const from = this.#view.state.doc.length;
    this.#view.dispatch({
      changes: { from, insert: text },
      selection: { anchor: from + text.length },
      userEvent: 'input',
      scrollIntoView: true,
    });
    this.#view.focus();
  }

  // Changes with all that a preview says something of: an answer to an older question is none.
  get edition() {
    return this.#edition;
  }

  previewSoon() {
    this.#edition += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#preview(), PREVIEW_DELAY);
  }

  // What is longer than the server takes is not sent: the page knows itself what is to be said.
  #preview() {
    const long = tooLong(this);
    if (long) {
      showTooLong(long.sentence);
      showUnsent(this.#view, 0);
    } else {
      htmx.trigger('#preview', 'preview');
    }
  }

  show(tab) {
    if (!document.getElementById(`tab-${tab}`)) return;
    this.#card.dataset.tab = tab;
    for (const button of this.#card.querySelectorAll('.tab')) {
      const isShown = button.dataset.tab === tab;
      button.setAttribute('aria-selected', String(isShown));
      button.tabIndex = isShown ? 0 : -1;
    }
    this.#card.dispatchEvent(new Event('tab'));
    // What is hidden has no measures.
    this.#view.requestMeasure();
  }

  #edited(input) {
    if (input === this.#prompt) {
      if (!this.isFree) this.#setDetached(true);
    } else if (input.type === 'range' || !input.name || NO_PREVIEW.has(input.name)) {
      return;
    }
    if (!input.closest('#parameters-body')) for (const listener of this.#listeners) listener();
    this.previewSoon();
  }

  #swapped(target) {
    if (target?.id === 'preview') this.#takeBuilt();
    if (target?.id === 'fields') {
      for (const listener of this.#listeners) listener();
      this.previewSoon();
    }
  }

  #takeBuilt() {
    const built = document.getElementById('built-prompt');
    if (!built) return;
    // An answer about another text says nothing of this one; its own is on the way.
    if (this.#asked === this.#view.state.doc) {
      showUnsent(this.#view, Number(built.dataset.sentFrom));
      showMisses(this.#view);
    }
    if (this.isFree) return;
    markDropped(Number(built.dataset.dropped));
    if (!document.getElementById('detached').checked) this.setPrompt(built.value);
  }

  #setDetached(isDetached) {
    document.getElementById('detached').checked = isDetached;
    document.getElementById('detached-note').hidden = !isDetached;
    document.getElementById('fields').inert = isDetached;
    this.#card.toggleAttribute('data-detached', isDetached);
  }

  #reattach() {
    this.#setDetached(false);
    const built = document.getElementById('built-prompt');
    if (built) this.setPrompt(built.value);
    this.previewSoon();
    for (const listener of this.#listeners) listener();
    this.show('fields');
    document.getElementById('tab-fields').focus();
  }

  // The browser may bring back what was typed before a reload.
  #restoreDetached() {
    const { sentFrom } = document.getElementById('built-prompt').dataset;
    showUnsent(this.#view, Number(sentFrom));
    showMisses(this.#view);
    if (this.isFree) {
      // The page's gauge is of the prompt alone.
      if (this.#card.querySelector('[data-run]')) this.previewSoon();
      return;
    }
    const detached = document.getElementById('detached');
    this.#setDetached(detached.checked);
    markDropped(Number(document.getElementById('built-prompt').dataset.dropped));
  }

  #startTabs() {
    const list = this.#card.querySelector('[role=tablist]');
    if (!list) return;
    list.addEventListener('click', ({ target }) => {
      if (target.dataset.tab) this.show(target.dataset.tab);
    });
    onKey(list, (event) => {
      const tabs = [...list.children];
      const to = { ArrowLeft: -1, ArrowRight: 1, Home: -tabs.length, End: tabs.length }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const at = Math.min(Math.max(tabs.indexOf(document.activeElement) + to, 0), tabs.length - 1);
      this.show(tabs[at].dataset.tab);
      tabs[at].focus();
    });
  }

  // Enter runs from a field of one line; Shift+Enter is a new line anyway.
  #startEnter() {
    onKey(this.#form, (event) => {
      if (event.key !== 'Enter' || event.shiftKey) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.dataset.enter === 'run') {
        event.preventDefault();
        document.getElementById('run').click();
      } else if (event.target.matches('input.number, .chip-input')) {
        event.preventDefault();
      }
    });
    this.#form.querySelector('.default-submit').addEventListener('click', (event) => {
      event.preventDefault();
      document.getElementById('run').click();
    });
  }
}

function markDropped(count) {
  document.querySelectorAll('.turn').forEach((turn, index) => {
    turn.toggleAttribute('data-dropped', index < count);
  });
}
