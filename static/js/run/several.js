// How many outputs "×3" asks for: remembered in this browser, and said on the button.
import { onKey } from '../shell/input-method.js';
import { readStored, store } from '../shell/storage.js';

const KEY = 'outputs-at-once';

export function startSeveral() {
  const stored = readStored(KEY);
  const select = document.getElementById('outputs-number');
  if (stored && [...select.options].some(({ value }) => value === stored)) select.value = stored;
  showCount();
  document.addEventListener('change', ({ target }) => {
    if (target.id !== 'outputs-number') return;
    store(KEY, target.value);
    showCount();
  });
}

// Alt and a number keep that one of the outputs beside each other.
export function startOutputKeys() {
  onKey(document, (event) => {
    const number = event.altKey && /^Digit([1-8])$/.exec(event.code)?.[1];
    const keep = number && document.querySelector(`.output-card [data-key="${number}"]`);
    if (!keep || event.defaultPrevented) return;
    event.preventDefault();
    keep.click();
  });
}

// The panel is drawn again with each run; the choice stays.
export function showCount() {
  const select = document.getElementById('outputs-number');
  document.getElementById('outputs-count').textContent = select.value;
}
