// The text of a token as people can see it.
const SIGNS = { ' ': '␣', '\n': '⏎', '\t': '⇥' };

// White space is made visible, or some tokens would show nothing.
export function drawSpaces(text) {
  return text.replace(/[ \n\t]/g, (sign) => SIGNS[sign]);
}
