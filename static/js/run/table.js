// The table page while it streams: rows as they arrive. The server draws the finished table. Both
// read "| a | b |" lines in the same way (playground/prompts/tables.py), and both show only the
// first rows and columns of a larger table.

import { readCells } from './table-cells.js';

const SHOWN_ROWS = 200;
const lines = new WeakMap();

export function drawRows(view, text) {
  const shown = view.querySelectorAll('th').length;
  if (shown === 0) return;
  const width = Number(view.dataset.width);
  const rows = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(0, SHOWN_ROWS);
  const body = view.querySelector('tbody');
  rows.forEach((line, index) => {
    const tr = body.rows[index] ?? body.insertRow();
    // Only the last row changes between two beats.
    if (lines.get(tr) === line) return;
    lines.set(tr, line);
    const written = readCells(line, width);
    for (let column = 0; column < shown; column += 1) {
      const td = tr.cells[column] ?? tr.insertCell();
      td.dir = 'auto';
      td.textContent = written[column] ?? '';
    }
  });
  while (body.rows.length > rows.length) body.deleteRow(-1);
  view.hidden = rows.length === 0;
}
