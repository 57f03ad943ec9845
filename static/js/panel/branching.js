// A branch: a sibling that has a run's text up to a token, and goes on with another one.
import htmx from 'htmx.org';
import { findPanel } from './panel.js';

// position: of the token that is replaced, from 1; token: the id of the one in its place.
export function branch(run, { position, token }) {
  const panel = findPanel();
  const address = panel.dataset.branchUrl.replace(panel.dataset.run, run);
  return htmx.ajax('POST', address, {
    source: document.getElementById('branch'),
    target: panel,
    swap: 'outerHTML',
    values: { position, token },
  });
}
