// <modifier-key>Ctrl</modifier-key>: the key's name on the reader's keyboard, in tooltips too.
import { IS_APPLE } from '../shell/platform.js';

const APPLE_SIGNS = { Ctrl: '⌘', Alt: '⌥', Shift: '⇧' };

class ModifierKey extends HTMLElement {
  connectedCallback() {
    if (IS_APPLE) this.textContent = APPLE_SIGNS[this.textContent] ?? this.textContent;
  }
}

customElements.define('modifier-key', ModifierKey);

// Before a tooltip shows: pages get new buttons all the time.
if (IS_APPLE)
  document.addEventListener('pointerover', ({ target }) => {
    const told = target.closest('[title*="Ctrl+"], [title*="Alt+"]');
    if (told) told.title = told.title.replace(/(Ctrl|Alt|Shift)\+/g, (_, key) => APPLE_SIGNS[key]);
  });
