// The filters of the history: addresses without empty values, and a message about the result.
import { announce } from '../shell/announcer.js';

export function startFilters() {
  const form = document.getElementById('history-filters');
  // The page of a tree has the same script, and no filters.
  if (!form) return;
  form.addEventListener('htmx:configRequest', ({ detail: { formData } }) => {
    for (const name of [...formData.keys()]) if (!formData.get(name)) formData.delete(name);
  });
  // On a phone the filters open with a button.
  document.getElementById('fold-filters').addEventListener('click', ({ currentTarget }) => {
    currentTarget.ariaExpanded = String(currentTarget.ariaExpanded !== 'true');
  });
  form.addEventListener('htmx:afterRequest', ({ detail: { successful } }) => {
    if (!successful) return;
    const count = document.querySelector('.history-count');
    announce(count ? `${count.textContent.trim()}.` : 'Nothing found.');
  });
}
