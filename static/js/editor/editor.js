// Fields and raw prompt. The server builds the prompt from the fields, until the prompt is edited
// by hand and counts by itself.
import { createBox, replaceText } from '../box/codemirror.js';
import { inlineOutput } from '../box/inline-output.js';
import { showMisses } from '../box/near-miss-marks.js';
import { showUnsent } from '../box/unsent.js';
import { FreeDocument } from '../document/document.js';
import { startEnter } from './enter.js';
import { Preview } from './preview.js';
import { Tabs } from './tabs.js';

// Inputs that change neither the prompt nor whether it fits.
const NO_PREVIEW = new Set([
  'seed',
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'logprobs',
  'token_bias',
]);

export function startEditor() {
  return new Editor(document.getElementById('editor'));
}

class Editor {
  #form;
  #card = document.getElementById('card');
  #prompt = document.getElementById('prompt');
  // The box that says whether the prompt was edited by hand; null on the free page.
  #detached = document.getElementById('detached');
  #view;
  #tabs = new Tabs(this.#card);
  #preview;
  #listeners = [];

  constructor(form) {
    this.#form = form;
    this.#createView(form.dataset.labels.split('|'));
    this.#preview = new Preview(this);
    this.#listen();
    startEnter(form);
    // A hidden element cannot be measured.
    this.onTab(() => this.#view.requestMeasure());
    this.#restore();
  }

  #createView(words) {
    if (this.isFree) {
      this.document = new FreeDocument(this.#prompt, words, {
        onGrow: () => this.previewSoon(),
        onTurn: () => this.#card.dispatchEvent(new Event('turn')),
      });
      this.#view = this.document.view;
    } else {
      this.inline = document.createElement('span');
      const extensions = inlineOutput(this.inline);
      this.#view = createBox(this.#prompt, { words, extensions });
    }
  }

  #listen() {
    this.#form.addEventListener('input', ({ target }) => this.#takeEdit(target));
    this.#form.addEventListener('change', ({ target }) => {
      if (target.type === 'radio') this.previewSoon();
    });
    // The model menu is outside the form's element.
    document.addEventListener('change', ({ target }) => {
      if (target.name === 'model') this.previewSoon();
    });
    this.#form.addEventListener('htmx:afterSettle', ({ detail }) => this.#takeAnswer(detail));
    document.getElementById('reattach')?.addEventListener('click', () => this.#reattach());
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

  // The prompt in the editor.
  get text() {
    return this.#view.state.doc.toString();
  }

  get tab() {
    return this.#tabs.shown;
  }

  showTab(name) {
    this.#tabs.show(name);
  }

  get isFree() {
    return this.#detached === null;
  }

  // Whether the prompt was edited by hand and is no longer built from the fields.
  get isDetached() {
    return Boolean(this.#detached?.checked);
  }

  // listener() is called when the prompt or a field was edited by the person.
  onEdit(listener) {
    this.#listeners.push(listener);
  }

  // listener() is called when the prompt's text has changed, whoever changed it.
  onText(listener) {
    this.#prompt.addEventListener('text', listener);
  }

  // listener() is called when another tab is shown.
  onTab(listener) {
    this.#tabs.onShow(listener);
  }

  // listener() is called when the document may have another run's text after Undo or Redo.
  onTurn(listener) {
    this.#card.addEventListener('turn', listener);
  }

  setPrompt(text) {
    replaceText(this.#view, text);
  }

  // Inserts text into the prompt as if it had been typed, so that it can be undone.
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

  // Changes with everything that a preview depends on.
  get edition() {
    return this.#preview.edition;
  }

  previewSoon() {
    this.#preview.askSoon();
  }

  #takeEdit(input) {
    if (input === this.#prompt) {
      if (!this.isFree) this.#setDetached(true);
    } else if (input.type === 'range' || !input.name || NO_PREVIEW.has(input.name)) {
      return;
    }
    if (!input.closest('#parameters-body')) this.#tellEdit();
    this.previewSoon();
  }

  #tellEdit() {
    for (const listener of this.#listeners) listener();
  }

  #takeAnswer({ target }) {
    if (target?.id === 'preview') this.#takeBuilt();
    if (target?.id !== 'fields') return;
    this.#tellEdit();
    this.previewSoon();
  }

  get #built() {
    return document.getElementById('built-prompt');
  }

  #takeBuilt() {
    const built = this.#built;
    if (!built) return;
    if (this.#preview.isOfText) this.#showSent(built);
    if (this.isFree) return;
    markDropped(Number(built.dataset.dropped));
    if (!this.isDetached) this.setPrompt(built.value);
  }

  // Which part of the text is sent, and which parts look like mistakes.
  #showSent({ dataset }) {
    showUnsent(this.#view, Number(dataset.sentFrom));
    showMisses(this.#view);
  }

  #setDetached(isDetached) {
    this.#detached.checked = isDetached;
    document.getElementById('detached-note').hidden = !isDetached;
    document.getElementById('fields').inert = isDetached;
    this.#card.toggleAttribute('data-detached', isDetached);
  }

  #reattach() {
    this.#setDetached(false);
    if (this.#built) this.setPrompt(this.#built.value);
    this.previewSoon();
    this.#tellEdit();
    this.#tabs.show('fields');
    document.getElementById('tab-fields').focus();
  }

  // After a reload the browser may restore typed text.
  #restore() {
    this.#showSent(this.#built);
    if (this.isFree) {
      // The page's gauge counts only the prompt.
      if (this.#card.querySelector('[data-run]')) this.previewSoon();
      return;
    }
    this.#setDetached(this.#detached.checked);
    markDropped(Number(this.#built.dataset.dropped));
  }
}

function markDropped(count) {
  document.querySelectorAll('.turn').forEach((turn, index) => {
    turn.toggleAttribute('data-dropped', index < count);
  });
}
