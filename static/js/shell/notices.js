// Errors: shown in #notice, and pointing at their input.
import { hasGoneOn } from './focus.js';

// Parts that ask again and again, of something that is gone.
const gone = new WeakSet();

export function startNotices() {
  document.addEventListener('htmx:responseError', ({ detail: { elt, xhr } }) => {
    if (xhr.status === 404 && elt.matches('[hx-trigger^=every]')) gone.add(elt);
  });
  // It is said once.
  document.addEventListener('htmx:beforeRequest', (event) => {
    if (gone.has(event.detail.elt)) event.preventDefault();
  });
  document.addEventListener('htmx:sendError', (event) => {
    // The page repeats its own requests by itself.
    if (event.detail.elt?.matches('button, a')) {
      showNotice('The server cannot be reached. Nothing was sent; try again in a moment.');
    }
  });
  const notice = document.getElementById('notice');
  if (!notice) return;
  notice.addEventListener('htmx:afterSwap', ({ detail: { requestConfig } }) => {
    pointToField(notice, { mayFocus: !hasGoneOn(requestConfig) });
  });
  notice.addEventListener('click', ({ target }) => {
    if (target.closest('[data-dismiss]')) clearNotice();
  });
  pointToField(notice);
}

export function clearNotice() {
  document.getElementById('notice')?.replaceChildren();
  for (const input of document.querySelectorAll('[aria-invalid]')) {
    input.removeAttribute('aria-invalid');
  }
}

// field: the name of the input with the error.
export function showNotice(text, field = '') {
  const notice = document.getElementById('notice');
  if (!notice) return;
  const box = document.createElement('div');
  box.className = 'notice notice--error';
  if (field) box.dataset.field = field;
  const sentence = document.createElement('p');
  sentence.textContent = text;
  box.append(sentence);
  notice.replaceChildren(box);
  pointToField(notice);
}

export function pointToField(notice, { mayFocus = true } = {}) {
  const name = notice.querySelector('[data-field]')?.dataset.field;
  const field = name && document.querySelector(`[name="${CSS.escape(name)}"]`);
  if (!field) return;
  // The prompt's field is hidden behind its editor.
  const input = (field.id === 'prompt' && document.getElementById('prompt-text')) || field;
  input.setAttribute('aria-invalid', 'true');
  // The error goes when its cause is being corrected.
  field.addEventListener('input', () => clearNotice(), { once: true });
  if (mayFocus && input.checkVisibility()) input.focus({ preventScroll: false });
}
