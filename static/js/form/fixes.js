// The text after one click on a hint.
import { occurrences } from '../box/occurrences.js';

export function replaceAll(text, find, replace, { isEnd }) {
  let result = text;
  for (const { from, to } of occurrences(text, find, { isEnd }).reverse())
    result = result.slice(0, from) + replace + result.slice(to);
  return result;
}

// In a list with one entry a line, an entry may become several; an entry that already exists is not
// repeated.
export function replaceLine(text, find, replace) {
  const lines = text.split('\n').flatMap((line) => (line === find ? replace.split('\n') : [line]));
  return [...new Set(lines)].join('\n');
}
