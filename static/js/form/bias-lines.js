// Biases of tokens as the form posts them, one a line: `" text" = -5` or `id 1234 = -5`. A text is a
// string of JSON. playground/runs/token_biases.py reads and writes the same.

const LINE =
  /^\s*(?:("(?:[^"\\]|\\.)*")|id\s*(\d{1,10}))\s*[=:]\s*([-+]?\d{1,3}(?:[.,]\d{1,6})?)\s*$/i;
export const MOST = 100;

// [{ text, id, bias }], of which text or id is undefined; lines that cannot be read are left out.
export function readBiases(lines) {
  return lines.split('\n').flatMap((line) => {
    const [, quoted, id, number] = LINE.exec(line) ?? [];
    if (number === undefined) return [];
    const bias = readBias(number);
    if (id !== undefined) return [{ id: Number(id), bias }];
    const text = readText(quoted);
    return text ? [{ text, bias }] : [];
  });
}

export function writeBiases(biases) {
  return biases
    .map(
      ({ text, id, bias }) => `${id === undefined ? JSON.stringify(text) : `id ${id}`} = ${bias}`,
    )
    .join('\n');
}

// NaN for what is no number.
export function readBias(typed) {
  const text = typed.trim().replace(',', '.').replace('−', '-');
  return text === '' ? Number.NaN : Math.max(-MOST, Math.min(MOST, Number(text)));
}

// What a typed word could mean, the likeliest first: inside a text a word begins with a space.
export function suggest(typed) {
  const text = typed.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
  const word = text.trim();
  if (!word || /\s/.test(word) || text !== text.trimEnd()) return text ? [text] : [];
  const others = [` ${word}`, word].flatMap((one) => [one, turnCase(one)]);
  const first = text === word ? ` ${word}` : text;
  return [...new Set([first, text, ` ${word}`, word, ...others])];
}

function turnCase(text) {
  const at = text.length - text.trimStart().length;
  const letter = text.charAt(at);
  const upper = letter.toLocaleUpperCase();
  return (
    text.slice(0, at) + (letter === upper ? letter.toLocaleLowerCase() : upper) + text.slice(at + 1)
  );
}

function readText(quoted) {
  try {
    return JSON.parse(quoted);
  } catch {
    return '';
  }
}
