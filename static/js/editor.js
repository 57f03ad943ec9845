// Fields and raw prompt: one truth, built by the server from the fields, until
// the prompt is edited by hand and stands for itself.
import htmx from 'htmx.org';
import { Mirror } from './mirror.js';

const PREVIEW_DELAY = 220;
// What changes neither the prompt nor whether it fits.
const NO_PREVIEW = new Set(['seed', 'stop', 'temperature', 'top_p', 'top_k', 'min_p']);

export function startEditor() {
  return new Editor(document.getElementById('editor'));
}

class Editor {
  #form;
  #card = document.getElementById('card');
  #prompt = document.getElementById('prompt');
  #mirror;
  #timer = 0;
  #listeners = [];

  constructor(form) {
    this.#form = form;
    this.#mirror = new Mirror(
      document.getElementById('mirror-text'),
      form.dataset.labels.split('|'),
    );
    this.#mirror.draw(this.#prompt.value);
    form.addEventListener('input', (event) => this.#edited(event.target));
    form.addEventListener('change', (event) => {
      // The model menu stands outside the form's element, its input does not.
      if (event.target.type === 'radio') this.previewSoon();
    });
    document.addEventListener('change', (event) => {
      if (event.target.name === 'model') this.previewSoon();
    });
    document.addEventListener('htmx:afterSettle', (event) => this.#swapped(event.detail.target));
    document.getElementById('reattach')?.addEventListener('click', () => this.#reattach());
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

  get prompt() {
    return this.#prompt;
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

  setPrompt(text) {
    this.#prompt.value = text;
    this.#mirror.draw(text);
  }

  // Puts text in the prompt as if it had been typed, so that it can be undone.
  insertAtEnd(text) {
    this.#prompt.focus();
    this.#prompt.setSelectionRange(this.#prompt.value.length, this.#prompt.value.length);
    document.execCommand('insertText', false, text);
  }

  previewSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => htmx.trigger('#preview', 'preview'), PREVIEW_DELAY);
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
  }

  #edited(input) {
    if (input === this.#prompt) {
      this.#mirror.draw(input.value);
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
    if (!built || this.isFree) return;
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
    if (this.isFree) return;
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
    list.addEventListener('keydown', (event) => {
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
    this.#form.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
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
