// The model menu: closes like a menu, and takes the choice along to other pages.
import htmx from 'htmx.org';
import { onKey } from './input-method.js';

export function startModelMenu() {
  const menu = document.getElementById('model-menu');
  if (!menu) return;
  const summary = menu.querySelector('summary');
  const close = () => {
    if (!menu.open) return false;
    menu.open = false;
    return true;
  };
  document.addEventListener('pointerdown', (event) => {
    if (!menu.contains(event.target)) close();
  });
  menu.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) close();
  });
  onKey(menu, (event) => {
    if (event.key !== 'Escape' && event.key !== 'Enter') return;
    if (event.target === summary && event.key === 'Enter') return;
    if (close()) {
      event.preventDefault();
      event.stopPropagation();
      summary.focus();
    }
  });
  menu.addEventListener('click', (event) => {
    // A click by the pointer chooses and closes; arrow keys only choose.
    if (event.detail > 0 && event.target.closest('.model-choice')) setTimeout(close);
  });
  menu.addEventListener('change', (event) => {
    if (event.target.name !== 'model') return;
    carryToLinks(event.target.value);
    const list = document.getElementById('model-list');
    const address = new URL(list.getAttribute('hx-get'), location.href);
    htmx.ajax('GET', `${address.pathname}?model=${encodeURIComponent(event.target.value)}`, {
      source: '#model-list',
      target: '#model-list',
      swap: 'outerHTML',
    });
  });
  // A menu that cannot be renewed now is no news for the person.
  document.addEventListener('htmx:beforeSwap', (event) => {
    const { target, pathInfo, requestConfig } = event.detail;
    if (requestConfig.elt.id !== 'model-list') return;
    // The list that was asked for before another model was chosen would choose the old one again.
    const asked = new URL(pathInfo.finalRequestPath, location.href).searchParams.get('model');
    const chosen = menu.querySelector('[name=model]:checked')?.value;
    if (target?.id === 'notice' || (asked && asked !== chosen)) event.detail.shouldSwap = false;
  });
}

function carryToLinks(model) {
  for (const link of document.querySelectorAll('[data-testid^="template-"]')) {
    const address = new URL(link.href);
    address.searchParams.set('model', model);
    link.href = address.pathname + address.search;
  }
}
