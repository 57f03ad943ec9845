// {{name}} in a text: the server's syntax, from the same file. An odd number of backslashes makes
// the braces plain text.
import syntax from '../../../playground/prompts/variable_syntax.json' with { type: 'json' };

const { letter, max_name: most, blanks } = syntax;

export const VARIABLE = new RegExp(
  String.raw`(?<!(?<!\\)(?:\\\\)*\\)\{\{${blanks}(${letter}{1,${most}})${blanks}\}\}`,
  'gu',
);

// The variable at `place` of the text: { name, from, end }, or null.
export function variableAt(text, place) {
  for (const match of text.matchAll(VARIABLE)) {
    const end = match.index + match[0].length;
    if (match.index <= place && place < end)
      return { name: match[1].normalize('NFC'), from: match.index, end };
  }
  return null;
}
