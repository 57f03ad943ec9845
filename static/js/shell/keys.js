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

// Ctrl/Cmd+Enter runs, with Shift it retries; Ctrl/Cmd+S saves; Alt and an arrow go to a sibling;
// Esc stops. See docs/decisions/0058-keys.md.
export function startRunKeys() {
  onKey(document, (event) => {
    if (isTaken(event)) return;
    if (event.key === 'Escape') {
      if (!document.querySelector('details[open], :popover-open')) press('stop');
      return;
    }
    const id = buttonOf(event);
    if (!id) return;
    event.preventDefault();
    press(id);
  });
}

const SIBLINGS = { ArrowUp: 'previous-sibling', ArrowDown: 'next-sibling' };

// The id of what the key presses, or nothing.
function buttonOf({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  const isCommand = (ctrlKey || metaKey) && !altKey;
  if (isCommand && key === 'Enter') return shiftKey ? 'retry' : 'run';
  if (isCommand && !shiftKey && key.toLowerCase() === 's') return 'save-submit';
  return altKey && !ctrlKey && !metaKey && !shiftKey ? SIBLINGS[key] : undefined;
}

// The key now belongs to an open dialog or menu.
function isTaken(event) {
  return event.defaultPrevented || document.querySelector('dialog[open]');
}

function press(id) {
  const button = document.getElementById(id);
  if (button && !button.disabled) button.click();
}

function isTyping(element) {
  return element.matches(
    'textarea, select, [contenteditable], input:not([type=radio], [type=range], [type=checkbox])',
  );
}
