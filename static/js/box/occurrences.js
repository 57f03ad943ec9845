// The places of a hint's text: [{ from, to }]. isEnd: only at the text's end.
export function occurrences(text, find, { isEnd }) {
  if (isEnd) {
    const from = text.length - find.length;
    return text.endsWith(find) ? [{ from, to: text.length }] : [];
  }
  const found = [];
  for (let from = text.indexOf(find); from >= 0; from = text.indexOf(find, from + find.length))
    found.push({ from, to: from + find.length });
  return found;
}
