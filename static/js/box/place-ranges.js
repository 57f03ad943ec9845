// How a place of generated text moves with the text around it.
// A place has { from, start, end, to }, as in places.js.

// Text typed at an edge stays outside; text typed at an empty place goes after it.
export function movePlace(place, changes) {
  const from = changes.mapPos(place.from, 1);
  const to = changes.mapPos(place.to, -1);
  if (from >= to) {
    const at = Math.min(from, to);
    return { ...place, from: at, start: at, end: at, to: at };
  }
  const inside = (at) => Math.min(Math.max(at, from), to);
  const start = inside(changes.mapPos(place.start, -1));
  return { ...place, from, start, end: Math.max(start, inside(changes.mapPos(place.end, -1))), to };
}

// Undo has restored text that a person removed from the place.
export function extendPlace(place, was) {
  if (!was) return place;
  if (place.from === place.to) return { ...place, ...was };
  return {
    ...place,
    from: Math.min(place.from, was.from),
    start: was.from < place.from ? was.start : place.start,
    end: was.to > place.to ? was.end : place.end,
    to: Math.max(place.to, was.to),
  };
}
