// Runs before the first paint. A page that the browser keeps while another one is shown is hidden
// from the moment it is left, and loaded again when it comes back: whoever had it may have signed
// out since, and what it shows may have changed. The server decides what there is to see.
const root = document.documentElement;

// The answer to a form is no page to load again: from here on its address alone is.
if (root.hasAttribute('data-posted')) history.replaceState(history.state, '');

addEventListener('pagehide', ({ persisted }) => {
  if (persisted) root.style.visibility = 'hidden';
});
addEventListener('pageshow', async ({ persisted }) => {
  if (!persisted) return;
  // A page that holds what only it knows says so (drafts.js): loaded again, that would be lost.
  const detail = { stays: false };
  document.dispatchEvent(new CustomEvent('page:return', { detail }));
  if (await detail.stays) root.style.visibility = '';
  else location.reload();
});
