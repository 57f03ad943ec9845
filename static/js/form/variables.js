// The fields of the {{name}}s in the text. With each preview the server sends the variables and
// their definitions. This module merges them into the page and does not touch text that is being
// typed.
import htmx from 'htmx.org';
import { announce } from '../shell/announcer.js';

export function startVariables(editor) {
  editor.form.addEventListener('htmx:afterSettle', ({ detail }) => {
    if (detail.target?.id === 'preview') merge();
    // Adding or removing a row is an edit like any other.
    if (detail.target?.id === 'variables') tellEdit(editor);
  });
  const notice = document.getElementById('notice');
  notice.addEventListener('htmx:afterSwap', () => unfold(notice));
  editor.form.addEventListener('click', (event) => {
    const remove = event.target.closest('.variable-remove');
    if (!remove) return;
    event.preventDefault();
    const row = remove.closest('.variable');
    const { variable } = row.dataset;
    const beside = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    beside?.querySelector('.input')?.focus();
    announce(`Variable ${variable} removed.`);
    tellEdit(editor);
  });
}

function tellEdit(editor) {
  const section = document.getElementById('variables');
  const input = section.querySelector('[name=variables]') ?? section;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  editor.previewSoon();
}

function merge() {
  const next = document.getElementById('variables-next')?.content.querySelector('.variables');
  if (!next) return;
  const section = document.getElementById('variables');
  section.toggleAttribute('data-empty', next.hasAttribute('data-empty'));
  mergeHint(section, next);
  mergeRows(document.getElementById('variable-list'), next.querySelector('.variable-list'));
  mergeFinished(document.getElementById('finished-prompt'), next.querySelector('.finished'));
  document.getElementById('variables-next').remove();
}

function mergeHint(section, next) {
  const own = section.querySelector('#variables-hint');
  const other = next.querySelector('#variables-hint');
  if (own && !other) own.remove();
  if (!own && other) section.querySelector('.column-title').after(other);
}

function mergeRows(list, next) {
  const added = [];
  let place = list.firstElementChild;
  for (const row of [...next.children]) {
    const own = document.getElementById(row.id);
    if (own === place && own) place = place.nextElementSibling;
    else list.insertBefore(own ?? row, place);
    if (own) {
      mergeRow(own, row);
    } else {
      htmx.process(row);
      added.push(row.dataset.variable);
    }
  }
  while (place) {
    const gone = place;
    place = place.nextElementSibling;
    gone.remove();
  }
  if (added.length > 0) {
    const plural = added.length > 1 ? 's' : '';
    announce(`Variable${plural} ${added.join(', ')}: field${plural} below the text.`);
  }
}

function mergeRow(own, next) {
  own.className = next.className;
  for (const part of ['.variable-part', '.variable-settings']) {
    const mine = own.querySelector(part);
    const theirs = next.querySelector(part);
    if (mine.dataset.digest !== theirs.dataset.digest) replace(mine, theirs);
  }
}

// Text typed since the request is kept, and so is the focus.
function replace(mine, theirs) {
  const { activeElement: focused } = document;
  if (mine instanceof HTMLDetailsElement) theirs.open = mine.open;
  for (const input of theirs.querySelectorAll('.input[id]')) {
    const before = document.getElementById(input.id);
    if (before && mine.contains(before)) keepValue(input, before);
  }
  const hadFocus = mine.contains(focused);
  const { selectionStart, selectionEnd } = focused ?? {};
  mine.replaceWith(theirs);
  htmx.process(theirs);
  if (!hadFocus) return;
  const input = document.getElementById(focused.id);
  input?.focus({ preventScroll: true });
  if (input?.setSelectionRange && selectionStart !== undefined)
    input.setSelectionRange(selectionStart, selectionEnd);
}

function keepValue(input, before) {
  if (input instanceof HTMLSelectElement) {
    if ([...input.options].some(({ value }) => value === before.value)) input.value = before.value;
  } else if (before.tagName !== 'SELECT') {
    input.value = before.value;
  }
}

function mergeFinished(own, next) {
  const text = own.querySelector('.finished-text');
  const { scrollTop } = text;
  own.hidden = next.hidden;
  text.replaceChildren(...next.querySelector('.finished-text').childNodes);
  text.scrollTop = scrollTop;
  const count = own.querySelector('.finished-count');
  count.replaceWith(next.querySelector('.finished-count'));
}

// An error may be about a setting in a closed section.
function unfold(notice) {
  const name = notice.querySelector('[data-field]')?.dataset.field;
  const input = name?.startsWith('var.') ? document.getElementById(name) : null;
  const folded = input?.closest('details:not([open])');
  if (!folded) return;
  folded.open = true;
  input.focus();
}
