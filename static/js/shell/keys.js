// Keys of every page, and of a template page. The browser uses none of them itself.
import { onKey } from './input-method.js';

// ? shows the list of keys, / goes to the page's search box.
export function startPageKeys() {
  const list = document.getElementById('keys');
  onKey(document, (event) => {
    if (isTaken(event) || isTyping(event.target)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const box = document.getElementById('filter-words');
    if (event.key === '?') list.showModal();
    else if (event.key === '/' && box) box.focus();
    else return;
    event.preventDefault();
  });
  document.addEventListener('click', ({ target }) => {
    if (target.closest('[data-opens=keys]')) list.showModal();
    if (target === list) list.close();
  });
}

// Ctrl/Cmd+Enter runs, Esc stops.
export function startRunKeys() {
  onKey(document, (event) => {
    if (isTaken(event)) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      document.getElementById('run').click();
    } else if (event.key === 'Escape' && !document.querySelector('details[open], :popover-open')) {
      stop();
    }
  });
}

// The key now belongs to an open dialog or menu.
function isTaken(event) {
  return event.defaultPrevented || document.querySelector('dialog[open]');
}

function stop() {
  const button = document.getElementById('stop');
  if (!button.disabled) button.click();
}

function isTyping(element) {
  return element.matches(
    'textarea, select, [contenteditable], input:not([type=radio], [type=range], [type=checkbox])',
  );
}
