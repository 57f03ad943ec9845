// How many outputs "×3" asks for: remembered in this browser, and said on the button.
const KEY = 'outputs-at-once';

export function startSeveral() {
  const stored = localStorage.getItem(KEY);
  const select = document.getElementById('outputs-number');
  if (stored && [...select.options].some(({ value }) => value === stored)) select.value = stored;
  showCount();
  document.addEventListener('change', ({ target }) => {
    if (target.id !== 'outputs-number') return;
    localStorage.setItem(KEY, target.value);
    showCount();
  });
}

// The panel is drawn again with each run; the choice stays.
export function showCount() {
  const select = document.getElementById('outputs-number');
  document.getElementById('outputs-count').textContent = select.value;
}
