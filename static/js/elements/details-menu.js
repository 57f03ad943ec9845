// <details><summary>…</summary><details-menu>…</details-menu></details>: a menu that closes on
// Escape and on a click elsewhere.
import { onKey } from '../shell/input-method.js';

class DetailsMenu extends HTMLElement {
  #connection = null;

  connectedCallback() {
    const menu = this.parentElement;
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    document.addEventListener(
      'click',
      ({ target }) => {
        if (!menu.contains(target)) menu.open = false;
      },
      { signal },
    );
    onKey(
      menu,
      (event) => {
        if (event.key !== 'Escape' || !menu.open) return;
        event.preventDefault();
        menu.open = false;
        menu.querySelector('summary').focus();
      },
      { signal },
    );
  }

  disconnectedCallback() {
    this.#connection.abort();
  }
}

customElements.define('details-menu', DetailsMenu);
