// Lists and what was just done in them.
import { onKey } from '../shell/input-method.js';

const DONE = ['saved', 'renamed', 'discarded', 'archived', 'unarchived', 'deleted'];

export function startLibrary() {
  onKey(document, ({ key, target }) => {
    if (key === 'Escape')
      target.closest('.edit-form')?.querySelector('[data-cancel-edit]')?.click();
  });
  forgetWhatWasDone();
}

// A page that is loaded again does not say it again.
function forgetWhatWasDone() {
  const address = new URL(location.href);
  if (!DONE.some((name) => address.searchParams.has(name))) return;
  for (const name of DONE) address.searchParams.delete(name);
  history.replaceState(history.state, '', address);
}
