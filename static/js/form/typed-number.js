// Numbers as people type them; playground/prompts/typed_numbers.py reads the same.

// NaN for what is no number. off: the value that "off" stands for, if there is one.
export function readNumber(typed, { off, isWhole }) {
  let text = typed.trim();
  if (off !== undefined && text.toLowerCase() === 'off') return Number(off);
  if (isWhole && /^[1-9]\d{0,2}(,\d{3})+$/.test(text)) text = text.replaceAll(',', '');
  return text === '' ? Number.NaN : Number(text.replace(',', '.'));
}

// What became of a number that could not stay as it was typed, or "".
// inside: the value within its bounds; written: how it is written.
export function changeOf(typed, value, inside, written) {
  if (typed === '') return '';
  if (Number.isNaN(value)) return `“${typed}” is no number. It is ${written} again.`;
  if (inside < value) return `${written} is the most, so ${typed} became ${written}.`;
  if (inside > value) return `${written} is the least, so ${typed} became ${written}.`;
  const isSame = written === 'off' || Number(written) === value;
  return isSame ? '' : `${typed} was rounded to ${written}.`;
}
