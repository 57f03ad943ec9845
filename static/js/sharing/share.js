// The dialog that shares a prompt.
import { announce } from '../shell/announcer.js';

export function startShare() {
  const dialog = document.getElementById('share');
  if (!dialog) return;
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog || target.closest('[data-close-share]')) dialog.close();
  });
  // The page's prompt was saved to be shared: the page is that prompt's from now on.
  dialog.addEventListener('close', () => {
    const address = dialog.querySelector('[data-opens-at-close]')?.dataset.opensAtClose;
    if (address) location.assign(address);
  });
  dialog.addEventListener('htmx:afterSwap', ({ detail: { target } }) => {
    if (target.id === 'share-body') openDialog(dialog);
    const news = dialog.querySelector('[role=alert], [data-announce]');
    if (news) announce(news.textContent.trim());
  });
}

function openDialog(dialog) {
  if (dialog.open) return;
  // A link to an earlier state is not a link to the current one.
  dialog.querySelector('#state-link')?.replaceChildren();
  dialog.showModal();
}
