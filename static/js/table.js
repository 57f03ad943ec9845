// The table page while it streams: rows as they come. The finished table is the
// server's; both read "| a | b |" lines the same way (playground/prompts/tables.py).

export function drawRows(view, text) {
  const width = view.querySelectorAll('th').length;
  if (width === 0) return;
  const rows = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => cells(line, width));
  const body = view.querySelector('tbody');
  rows.forEach((row, index) => {
    const tr = body.rows[index] ?? body.insertRow();
    row.forEach((cell, column) => {
      const td = tr.cells[column] ?? tr.insertCell();
      if (td.textContent !== cell) td.textContent = cell;
    });
  });
  while (body.rows.length > rows.length) body.deleteRow(-1);
  view.hidden = rows.length === 0;
}

function cells(line, width) {
  const found = line
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split('|')
    .map((cell) => cell.trim());
  const joined =
    found.length > width
      ? [...found.slice(0, width - 1), found.slice(width - 1).join(' | ')]
      : found;
  return [...joined, ...Array(width - joined.length).fill('')];
}
