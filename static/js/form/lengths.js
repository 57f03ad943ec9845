// The sentence about a text that is longer than the server accepts, or "" for a shorter one;
// playground/runs/lengths.py has the same sentence.
export function tooManyCharacters(label, text, limit) {
  if (text.length <= limit) return '';
  // The server counts characters; JavaScript counts some of them twice.
  let count = 0;
  for (const _ of text) count += 1;
  if (count <= limit) return '';
  const [has, most] = [count, limit].map((number) => number.toLocaleString('en'));
  return `${label} has ${has} characters; the limit is ${most}. Shorten it.`;
}
