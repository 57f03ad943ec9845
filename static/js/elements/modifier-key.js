// <modifier-key>Ctrl</modifier-key>: the key's name on the reader's keyboard.
import { IS_APPLE } from '../shell/platform.js';

const APPLE_SIGNS = { Ctrl: '⌘', Alt: '⌥' };

class ModifierKey extends HTMLElement {
  connectedCallback() {
    if (IS_APPLE) this.textContent = APPLE_SIGNS[this.textContent] ?? this.textContent;
  }
}

customElements.define('modifier-key', ModifierKey);
