// The new index of a dragged row at the pointer's height `y`. middles: the middle of each row from
// the top down; from: the index of the dragged row.
export function goalAt(middles, from, y) {
  let to = from;
  while (to > 0 && y < middles[to - 1]) to -= 1;
  while (to < middles.length - 1 && y > middles[to + 1]) to += 1;
  return to;
}
