// <copy-text>: its button copies the address in its field, or the text of the element with the id
// in `from`. Without a clipboard it says how else to copy the text.
import { announce } from '../shell/announcer.js';

const LABEL_MS = 1600;

class CopyText extends HTMLElement {
  constructor() {
    super();
    this.addEventListener('click', ({ target }) => {
      if (target.closest('button')) this.#copy();
    });
    // Focusing the address selects all of it.
    this.addEventListener('focusin', ({ target }) => {
      if (target === this.#field) this.#field.select();
    });
  }

  // A link that was just made is copied at once: the press that made it was meant for that.
  connectedCallback() {
    if ('copiesNow' in this.dataset) this.#copy();
  }

  get #field() {
    return this.querySelector('input');
  }

  get #text() {
    const source = document.getElementById(this.getAttribute('from'));
    return source ? source.textContent.trim() : this.#field.value;
  }

  async #copy() {
    const label = this.querySelector('button span');
    try {
      await navigator.clipboard.writeText(this.#text);
      label.textContent = 'Copied';
      announce('copiesNow' in this.dataset ? 'Link created and copied.' : 'Copied.');
    } catch {
      this.#field?.select();
      label.textContent = this.#field ? 'Press Ctrl+C' : 'Select the text to copy it';
    }
    setTimeout(() => {
      label.textContent = 'Copy';
    }, LABEL_MS);
  }
}

customElements.define('copy-text', CopyText);
