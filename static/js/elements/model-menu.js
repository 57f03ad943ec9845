// <model-menu>: closes as a menu does, and takes the choice along to other pages.
import htmx from 'htmx.org';
import { onKey } from '../shell/input-method.js';

class ModelMenu extends HTMLElement {
  #connection = null;

  constructor() {
    super();
    this.addEventListener('focusout', ({ relatedTarget }) => {
      if (relatedTarget && !this.contains(relatedTarget)) this.#close();
    });
    onKey(this, (event) => this.#press(event));
    this.addEventListener('click', ({ detail, target }) => {
      // A click by the pointer chooses and closes; arrow keys only choose.
      if (detail > 0 && target.closest('.model-choice')) setTimeout(() => this.#close());
    });
    this.addEventListener('change', ({ target }) => {
      if (target.name === 'model') this.#choose(target.value);
    });
    this.addEventListener('htmx:beforeSwap', ({ detail }) => this.#checkAnswer(detail));
  }

  connectedCallback() {
    this.#connection = new AbortController();
    document.addEventListener(
      'pointerdown',
      ({ target }) => {
        if (!this.contains(target)) this.#close();
      },
      { signal: this.#connection.signal },
    );
  }

  disconnectedCallback() {
    this.#connection.abort();
  }

  get #details() {
    return this.querySelector('details');
  }

  get #summary() {
    return this.querySelector('summary');
  }

  get #list() {
    return this.querySelector('.model-list');
  }

  // Whether it was open.
  #close() {
    const wasOpen = this.#details.open;
    this.#details.open = false;
    return wasOpen;
  }

  #press(event) {
    if (event.key !== 'Escape' && event.key !== 'Enter') return;
    if (event.target === this.#summary && event.key === 'Enter') return;
    if (!this.#close()) return;
    event.preventDefault();
    event.stopPropagation();
    this.#summary.focus();
  }

  #choose(model) {
    carryToLinks(model);
    const source = this.#list;
    const { pathname } = new URL(source.getAttribute('hx-get'), location.href);
    htmx.ajax('GET', `${pathname}?model=${encodeURIComponent(model)}`, {
      source,
      target: source,
      swap: 'outerHTML',
    });
  }

  #checkAnswer(detail) {
    const { target, pathInfo, requestConfig } = detail;
    if (requestConfig.elt !== this.#list) return;
    // The list that was asked for before another model was chosen would choose the old one again.
    const asked = new URL(pathInfo.finalRequestPath, location.href).searchParams.get('model');
    const chosen = this.querySelector('[name=model]:checked')?.value;
    // A menu that cannot be renewed now is no news for the person.
    if (target?.id === 'notice' || (asked && asked !== chosen)) detail.shouldSwap = false;
  }
}

function carryToLinks(model) {
  for (const link of document.querySelectorAll('[data-testid^="template-"]')) {
    const address = new URL(link.href);
    address.searchParams.set('model', model);
    link.href = address.pathname + address.search;
  }
}

customElements.define('model-menu', ModelMenu);
