// Menus made of details: closed by Escape, and by a click elsewhere.
import { onKey } from './input-method.js';

export function startMenus() {
  document.addEventListener('click', ({ target }) => {
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      if (!menu.contains(target)) menu.open = false;
    }
  });
  onKey(document, (event) => {
    const menu = event.target.closest?.('details.menu[open]');
    if (event.key !== 'Escape' || !menu) return;
    event.preventDefault();
    menu.open = false;
    menu.querySelector('summary').focus();
  });
}
