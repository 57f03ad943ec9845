// Runs before the first paint. A page that the browser keeps in its cache becomes hidden when it is
// left, and loads again when it comes back: its owner may have signed out since, and its contents
// may have changed. The server decides what to show.
const root = document.documentElement;

// The answer to a form must not be loaded again, so it takes its own address from here on.
if (root.hasAttribute('data-posted')) history.replaceState(history.state, '');

addEventListener('pagehide', ({ persisted }) => {
  if (persisted) root.style.visibility = 'hidden';
});
addEventListener('pageshow', async ({ persisted }) => {
  if (!persisted) return;
  // A page with a text that only it has says so (drafts.js): loading again would lose it.
  const detail = { stays: false };
  document.dispatchEvent(new CustomEvent('page:return', { detail }));
  if (await detail.stays) root.style.visibility = '';
  else location.reload();
});
