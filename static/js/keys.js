// Ctrl/Cmd+Enter runs, Esc stops, ? shows the list. None of them is the browser's own.
const IS_APPLE = /Mac|iPhone|iPad/.test(navigator.platform);

export function startKeys() {
  showModifier(document);
  document.addEventListener('htmx:afterSettle', () => showModifier(document));
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]'))
      return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      document.getElementById('run').click();
    } else if (event.key === 'Escape' && !document.querySelector('details[open], :popover-open')) {
      stop();
    } else if (event.key === '?' && !isTyping(event.target)) {
      event.preventDefault();
      document.getElementById('keys').showModal();
    }
  });
  document.addEventListener('click', ({ target }) => {
    if (target.closest('[data-opens=keys]')) document.getElementById('keys').showModal();
    if (target.id === 'keys') target.close();
  });
}

function stop() {
  const button = document.getElementById('stop');
  if (!button.disabled) button.click();
}

function isTyping(element) {
  return element.matches('textarea, input:not([type=radio], [type=range], [type=checkbox])');
}

function showModifier(root) {
  if (!IS_APPLE) return;
  for (const key of root.querySelectorAll('[data-key=mod]')) key.textContent = '⌘';
}
