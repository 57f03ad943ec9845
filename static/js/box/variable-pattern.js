// {{name}} in a text, as playground/prompts/variables.py reads it: an odd number of backslashes
// makes the braces plain text.
export const VARIABLE =
  /(?<!(?<!\\)(?:\\\\)*\\)\{\{[ \t]{0,20}((?:[\p{L}\p{M}\p{N}_-]|\u200c|\u200d){1,40})[ \t]{0,20}\}\}/gu;

// The variable at `place` of the text: { name, from, end }, or null.
export function variableAt(text, place) {
  for (const match of text.matchAll(VARIABLE)) {
    const end = match.index + match[0].length;
    if (match.index <= place && place < end)
      return { name: match[1].normalize('NFC'), from: match.index, end };
  }
  return null;
}
