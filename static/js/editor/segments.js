// The parts of a text whose tokens are asked for, and the pieces that come of the answer.

// The parts of `text` outside the ranges `taken`, each { text, from }; empty ones are left out.
export function segmentsOf(text, taken) {
  const segments = [];
  let at = 0;
  for (const { from, to } of [...taken].sort((one, other) => one.from - other.from)) {
    if (at < from) segments.push({ text: text.slice(at, from), from: at });
    at = Math.max(at, to);
  }
  if (at < text.length) segments.push({ text: text.slice(at), from: at });
  return segments;
}

// [{ from, to, ids }] of the segments' tokens, [id, start, end]; tokens that share a character are
// one piece.
export function piecesOf(segments, found) {
  return segments.flatMap(({ from }, index) => {
    const pieces = [];
    for (const [id, start, end] of found[index] ?? []) {
      const last = pieces.at(-1);
      if (last && from + start < last.to) {
        last.ids.push(id);
        last.to = Math.max(last.to, from + end);
      } else {
        pieces.push({ from: from + start, to: from + end, ids: [id] });
      }
    }
    return pieces;
  });
}
