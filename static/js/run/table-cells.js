// The cells of a line "| a | b |", as playground/prompts/tables.py reads it. A line with more cells
// than the table has columns keeps the rest in its last cell.
export function readCells(line, width) {
  const found = line
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split('|')
    .map((cell) => cell.trim());
  return found.length > width
    ? [...found.slice(0, width - 1), found.slice(width - 1).join(' | ')]
    : found;
}
