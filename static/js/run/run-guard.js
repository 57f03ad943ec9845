// Prevents a run that the server would refuse, and says why.
import { tooLong } from '../form/too-long.js';
import { askerOf, isNewRun } from '../panel/askers.js';
import { clearNotice, showNotice } from '../shell/notices.js';

export function guardRun(editor) {
  editor.form.addEventListener('htmx:beforeRequest', (event) => {
    const { elt } = event.detail;
    // Any success removes the last error.
    if (isNewRun(elt.id)) clearNotice();
    if (askerOf(elt.id) !== 'run') return;
    const long = tooLong(editor);
    if (long) showNotice(long.sentence, long.field);
    if (long || elt.getAttribute('aria-disabled') === 'true') event.preventDefault();
  });
}
