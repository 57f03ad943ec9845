// Lists and what was just done in them: times as the reader's clock has them, toasts.
import { onKey } from '../shell/input-method.js';

const DONE = ['saved', 'renamed', 'discarded', 'archived', 'unarchived', 'deleted'];

export function startLibrary() {
  showTimes(document);
  document.addEventListener('htmx:afterSwap', ({ detail }) => showTimes(detail.target.parentNode));
  document.addEventListener('click', ({ target }) => {
    if (target.closest('[data-close-toast]')) document.getElementById('toast').remove();
  });
  onKey(document, (event) => {
    if (event.key !== 'Escape') return;
    const cancel = event.target.closest('.edit-form')?.querySelector('[data-cancel-edit]');
    const toast = event.target.closest('.toast');
    if (cancel) cancel.click();
    toast?.remove();
  });
  forgetWhatWasDone();
}

export function showTimes(root) {
  for (const time of (root ?? document).querySelectorAll('time[data-local]')) {
    const moment = new Date(time.dateTime);
    const isToday = moment.toDateString() === new Date().toDateString();
    time.textContent = isToday
      ? moment.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
      : moment.toLocaleDateString([], { day: 'numeric', month: 'short', year: 'numeric' });
    time.title = moment.toLocaleString();
  }
}

// A page that is loaded again is not told again.
function forgetWhatWasDone() {
  const address = new URL(location.href);
  if (!DONE.some((name) => address.searchParams.has(name))) return;
  for (const name of DONE) address.searchParams.delete(name);
  history.replaceState(history.state, '', address);
}
