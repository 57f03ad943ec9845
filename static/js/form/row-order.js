// The order of rows of examples. A moved row passes its texts on to the rows on its way; the rows
// themselves stay, with their names and numbers.
import { announce } from '../shell/announcer.js';

export function rowsOf(fieldset) {
  return [...fieldset.querySelectorAll('.example:not(.example-head)')];
}

export function cellsOf(row) {
  return [...row.querySelectorAll('textarea, input[type=hidden]')];
}

export function moveRow(fieldset, from, to) {
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
