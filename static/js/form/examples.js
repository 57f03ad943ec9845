// Rows of examples: put in another order by dragging and by keys, and pasted from a spreadsheet.
//
// A row that moves gives its texts to the places on its way; the rows themselves stay, with their
// names and numbers.
import htmx from 'htmx.org';
import { announce } from '../shell/announcer.js';
import { onKey } from '../shell/input-method.js';

const DRAG_FROM = 4;
const VIEW = 'examples-view';

export function startExamples() {
  const form = document.getElementById('editor');
  onKey(form, moveByKey);
  form.addEventListener('pointerdown', grip);
  form.addEventListener('click', clicked);
  form.addEventListener('paste', paste);
  // It does not bubble.
  document.addEventListener('beforetoggle', placeMenu, true);
  document.addEventListener('htmx:afterSwap', showView);
  showView();
}

function rowsOf(fieldset) {
  return [...fieldset.querySelectorAll('.example:not(.example-head)')];
}

function cellsOf(row) {
  return [...row.querySelectorAll('textarea, input[type=hidden]')];
}

function move(fieldset, from, to) {
  const rows = rowsOf(fieldset);
  if (!(to in rows) || from === to) return;
  const texts = rows.map((row) => cellsOf(row).map((cell) => cell.value));
  texts.splice(to, 0, ...texts.splice(from, 1));
  rows.forEach((row, index) => {
    cellsOf(row).forEach((cell, column) => {
      if (cell.value !== texts[index][column]) cell.value = texts[index][column];
    });
  });
  for (const row of fieldset.querySelectorAll('[data-moved]')) row.removeAttribute('data-moved');
  rows[to].setAttribute('data-moved', '');
  announce(`Row ${from + 1} is now row ${to + 1} of ${rows.length}.`);
  cellsOf(rows[to])[0].dispatchEvent(new Event('input', { bubbles: true }));
}

function moveByKey(event) {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const row = event.target.closest('.example');
  if (!by || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !row) return;
  event.preventDefault();
  const { target } = event;
  const fieldset = row.closest('[data-rows]');
  const rows = rowsOf(fieldset);
  const from = rows.indexOf(row);
  if (!(from + by in rows)) return;
  const column = cellsOf(row).indexOf(target);
  const { selectionStart, selectionEnd } = target;
  move(fieldset, from, from + by);
  const to = rows[from + by];
  if (column < 0) {
    to.querySelector('.grip').focus();
    return;
  }
  cellsOf(to)[column].focus();
  cellsOf(to)[column].setSelectionRange(selectionStart, selectionEnd);
}

function grip(event) {
  const handle = event.target.closest('.grip');
  if (!handle || event.button !== 0) return;
  const fieldset = handle.closest('[data-rows]');
  const rows = rowsOf(fieldset);
  const from = rows.indexOf(handle.closest('.example'));
  const drag = { isOn: false, to: from };
  const follow = ({ clientY }) => {
    drag.isOn ||= Math.abs(clientY - event.clientY) > DRAG_FROM;
    if (!drag.isOn) return;
    rows[from].setAttribute('data-dragged', '');
    drag.to = placeAt(rows, from, clientY);
    rows.forEach((row, index) => {
      row.toggleAttribute('data-drop-before', index === drag.to && drag.to < from);
      row.toggleAttribute('data-drop-after', index === drag.to && drag.to > from);
    });
  };
  const end = ({ type }) => {
    handle.removeEventListener('pointermove', follow);
    for (const name of ENDS) handle.removeEventListener(name, end);
    for (const row of rows) for (const mark of MARKS) row.removeAttribute(mark);
    if (!drag.isOn) return;
    // The click that ends a drag does not open the menu.
    addEventListener('click', swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener('click', swallow, { capture: true }));
    if (type === 'pointerup') move(fieldset, from, drag.to);
  };
  handle.setPointerCapture(event.pointerId);
  handle.addEventListener('pointermove', follow);
  for (const name of ENDS) handle.addEventListener(name, end);
}

const ENDS = ['pointerup', 'pointercancel', 'lostpointercapture'];
const MARKS = ['data-dragged', 'data-drop-before', 'data-drop-after'];

function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}

// The row that the dragged one would become at a height of the pointer.
function placeAt(rows, from, y) {
  const middles = rows.map((row) => {
    const { top, height } = row.getBoundingClientRect();
    return top + height / 2;
  });
  let to = from;
  while (to > 0 && y < middles[to - 1]) to -= 1;
  while (to < rows.length - 1 && y > middles[to + 1]) to += 1;
  return to;
}

function clicked(event) {
  const toggle = event.target.closest('.table-toggle');
  if (toggle) {
    const isTable = toggle.ariaPressed !== 'true';
    localStorage.setItem(VIEW, isTable ? 'table' : 'cards');
    showView();
    return;
  }
  const button = event.target.closest('[data-move]');
  if (!button) return;
  event.preventDefault();
  button.closest('[popover]').hidePopover();
  const row = button.closest('.example');
  const fieldset = row.closest('[data-rows]');
  const from = rowsOf(fieldset).indexOf(row);
  const to = from + Number(button.dataset.move);
  move(fieldset, from, to);
  rowsOf(fieldset)[to].querySelector('.grip').focus();
}

function placeMenu(event) {
  if (event.newState !== 'open' || !event.target.matches?.('.row-menu')) return;
  const { bottom, left, top } = event.target.previousElementSibling.getBoundingClientRect();
  const { style } = event.target;
  style.left = `${Math.max(8, left)}px`;
  // Above where there is no room below.
  const isLow = bottom + 130 > innerHeight;
  style.top = isLow ? 'auto' : `${bottom + 4}px`;
  style.bottom = isLow ? `${innerHeight - top + 4}px` : 'auto';
}

function showView() {
  const isTable = localStorage.getItem(VIEW) === 'table';
  for (const toggle of document.querySelectorAll('.table-toggle')) {
    toggle.setAttribute('aria-pressed', String(isTable));
    toggle.closest('[data-rows]').dataset.view = isTable ? 'table' : 'cards';
  }
}

// Cells with tabs between them are rows of a spreadsheet.
async function paste(event) {
  const row = event.target.closest('.example');
  const text = event.clipboardData?.getData('text/plain') ?? '';
  if (!row || !text.includes('\t')) return;
  event.preventDefault();
  const { rows: name, url } = row.closest('[data-rows]').dataset;
  const at = rowsOf(row.closest('[data-rows]')).indexOf(row);
  const values = { paste: `${name}:${at}`, pasted: text };
  const before = document.querySelectorAll('.example').length;
  // Where the answer goes stands at the rows: said here, it would hold for an error as well.
  await htmx.ajax('POST', url, { source: event.target, values });
  const count = document.querySelectorAll('.example').length - before;
  if (count > 0) announce(`Rows added: ${count}.`);
}
