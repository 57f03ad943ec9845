// The sentence about a text that is longer than the server takes, or "" for one that is not;
// playground/runs/lengths.py says the same.
export function tooManyCharacters(label, text, limit) {
  if (text.length <= limit) return '';
  // The server counts characters, and JavaScript the halves of some.
  let count = 0;
  for (const _ of text) count += 1;
  if (count <= limit) return '';
  const [has, most] = [count, limit].map((number) => number.toLocaleString('en'));
  return `${label} has ${has} characters; the limit is ${most}. Shorten it.`;
}
