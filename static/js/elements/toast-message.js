// <toast-message>: a message about the last action. Its button and Escape close it.
import { onKey } from '../shell/input-method.js';

class ToastMessage extends HTMLElement {
  constructor() {
    super();
    this.addEventListener('click', ({ target }) => {
      if (target.closest('[data-close-toast]')) this.remove();
    });
    onKey(this, ({ key }) => {
      if (key === 'Escape') this.remove();
    });
  }
}

customElements.define('toast-message', ToastMessage);
