// How well a name matches a query: the whole name, or word by word at the beginning of a word,
// inside one, or letter by letter. Accents and case do not count.
const WHOLE = 4;
const AT_BEGINNING = 3;
const WITHIN = 2;
const BY_LETTERS = 1;

// 0 when a word of the query is nowhere in the name.
export function fit(query, name) {
  const words = wordsOf(name);
  const asked = wordsOf(query);
  if (asked.join(' ') === words.join(' ')) return WHOLE;
  const fits = asked.map((word) => fitOne(word, words));
  return fits.length === 0 ? AT_BEGINNING : Math.min(...fits);
}

function fitOne(word, words) {
  if (words.some((one) => one.startsWith(word))) return AT_BEGINNING;
  if (words.some((one) => one.includes(word))) return WITHIN;
  const starts = words.map((_, at) => words.slice(at).join(''));
  const isSpread = starts.some((text) => text[0] === word[0] && hasInOrder(text, word));
  return isSpread ? BY_LETTERS : 0;
}

function hasInOrder(text, letters) {
  let at = -1;
  return [...letters].every((letter) => {
    at = text.indexOf(letter, at + 1);
    return at >= 0;
  });
}

function wordsOf(text) {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return plain.match(/[\p{L}\p{N}]+/gu) ?? [];
}
