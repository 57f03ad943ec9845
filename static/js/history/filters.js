// The filters of the history: addresses without empty values, and a message about the result.
import { announce } from '../shell/announcer.js';

export function startFilters() {
  const form = document.getElementById('history-filters');
  form.addEventListener('htmx:configRequest', ({ detail: { formData } }) => {
    for (const name of [...formData.keys()]) if (!formData.get(name)) formData.delete(name);
  });
  form.addEventListener('htmx:afterRequest', ({ detail: { successful } }) => {
    if (!successful) return;
    const count = document.querySelectorAll('.history-row').length;
    announce(count ? `${count} runs shown.` : 'Nothing found.');
  });
}
