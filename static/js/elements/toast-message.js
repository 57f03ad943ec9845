// <toast-message>: a message about the last action. Its button and Escape close it, and it goes by
// itself, but not while the pointer or the focus is in it.
import { onKey } from '../shell/input-method.js';

const SHOWN_MS = 12_000;

class ToastMessage extends HTMLElement {
  #timer = 0;

  constructor() {
    super();
    for (const leaving of ['pointerleave', 'focusout'])
      this.addEventListener(leaving, () => this.#goLater());
    for (const coming of ['pointerenter', 'focusin'])
      this.addEventListener(coming, () => clearTimeout(this.#timer));
    this.addEventListener('click', ({ target }) => {
      if (target.closest('[data-close-toast]')) this.remove();
    });
    onKey(this, ({ key }) => {
      if (key === 'Escape') this.remove();
    });
  }

  connectedCallback() {
    this.#goLater();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  #goLater() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.matches(':hover, :focus-within')) this.remove();
    }, SHOWN_MS);
  }
}

customElements.define('toast-message', ToastMessage);
