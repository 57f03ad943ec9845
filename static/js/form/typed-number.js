// Numbers as people type them; playground/prompts/typed_numbers.py reads the same.

// NaN for anything that is not a number. off: the value of "off", if there is one.
export function readNumber(typed, { off, isWhole }) {
  let text = typed.trim();
  if (off !== undefined && text.toLowerCase() === 'off') return Number(off);
  if (isWhole && /^[1-9]\d{0,2}(,\d{3})+$/.test(text)) text = text.replaceAll(',', '');
  return text === '' ? Number.NaN : Number(text.replace(',', '.'));
}

// How a typed number was changed, or "". inside: the value within its bounds; written: its text.
export function changeOf(typed, value, inside, written) {
  if (typed === '') return '';
  if (Number.isNaN(value)) return `“${typed}” is no number. It is ${written} again.`;
  if (inside < value) return `${written} is the most, so ${typed} became ${written}.`;
  if (inside > value) return `${written} is the least, so ${typed} became ${written}.`;
  const isSame = written === 'off' || Number(written) === value;
  return isSame ? '' : `${typed} was rounded to ${written}.`;
}
