// The dialog that saves a prompt. Without scripts it opens as a popover.
import { onKey } from '../shell/input-method.js';
import { pointToField } from '../shell/notices.js';
import { readStored, store } from '../shell/storage.js';

const BUTTONS = new Set(['save-submit', 'save-new']);

// The caret of a page that is saved, and opens again as the saved prompt's.
const CARET = 'saved-caret';
const FOR_SESSION = { isForSession: true };

export function startSave({ view }) {
  const dialog = document.getElementById('save');
  if (!dialog) return;
  const notice = document.getElementById('save-notice');
  document.getElementById('open-save').addEventListener('click', (event) => {
    event.preventDefault();
    notice.replaceChildren();
    dialog.showModal();
    dialog.querySelector('[data-first]').select();
  });
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog || event.target.closest('[data-close-save]')) {
      event.preventDefault();
      dialog.close();
    } else if (event.target.closest('[data-dismiss]')) {
      notice.replaceChildren();
    }
  });
  // A note about a prompt is not an edit of it.
  for (const type of ['input', 'change']) {
    dialog.addEventListener(type, (event) => {
      event.stopPropagation();
      event.target.removeAttribute('aria-invalid');
      if (event.target.id === 'save-name') event.target.dataset.typed = 'yes';
    });
  }
  onKey(dialog, (event) => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    const isShort = event.target.dataset.enter === 'save';
    if (!isShort && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    document.getElementById('save-submit').click();
  });
  dialog.addEventListener('htmx:beforeSend', ({ detail }) => {
    if (!BUTTONS.has(detail.elt.id)) return;
    const caret = view.hasFocus ? String(view.state.selection.main.head) : null;
    store(CARET, caret, FOR_SESSION);
  });
  returnCaret(view);
  // A refusal is shown beside the refused input.
  dialog.addEventListener('htmx:beforeSwap', ({ detail }) => {
    const isOurs = BUTTONS.has(detail.requestConfig.elt.id) && detail.isError;
    // Saved by a key, the dialog is closed: the page's own notice says it.
    if (isOurs) detail.target = dialog.open ? notice : document.getElementById('notice');
  });
  notice.addEventListener('htmx:afterSwap', () => pointToField(notice));
}

function returnCaret(view) {
  const caret = readStored(CARET, FOR_SESSION);
  store(CARET, null, FOR_SESSION);
  if (caret === null || Number(caret) > view.state.doc.length) return;
  view.dispatch({ selection: { anchor: Number(caret) } });
  view.focus();
}
