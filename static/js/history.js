// The history page: what is selected, and addresses without what nobody asked for.
// All of it works without this; the forms and links are real ones.
import { announce } from './shell/announcer.js';

document.addEventListener('htmx:configRequest', ({ detail }) => {
  if (detail.elt.id !== 'history-filters') return;
  for (const name of [...detail.formData.keys()]) {
    if (!detail.formData.get(name)) detail.formData.delete(name);
  }
});
document.addEventListener('htmx:afterSettle', ({ detail }) => {
  showSelection();
  if (detail.requestConfig?.elt?.id === 'history-filters') {
    const count = document.querySelectorAll('.history-row').length;
    announce(count ? `${count} runs shown.` : 'Nothing found.');
  } else if (detail.requestConfig?.elt?.rel === 'next') {
    focusFirstNew(detail.elt);
  }
});
document.addEventListener('change', ({ target }) => {
  if (target.name === 'run') showSelection();
});
document.addEventListener('click', ({ target }) => {
  if (target.closest('#clear-selection')) {
    for (const box of chosen()) box.checked = false;
    showSelection();
  }
});
showSelection();

function chosen() {
  return [...document.querySelectorAll('#history-rows [name=run]:checked')];
}

function showSelection() {
  const count = chosen().length;
  const bar = document.getElementById('selection-bar');
  if (!bar) return;
  bar.hidden = count === 0;
  document.getElementById('selection-count').textContent = `${count} selected`;
  document.getElementById('compare-selected').disabled = count !== 2;
}

// The button that was pressed is gone; the runs that came in its place are what it was for.
function focusFirstNew(first) {
  if (document.activeElement === document.body) {
    first.querySelector?.('.history-link')?.focus({ preventScroll: true });
  }
}
