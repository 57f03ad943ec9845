// How likely the model finds the tokens of the prompt: underlines as under its own tokens. An edit
// takes away those after it, since a token's probability depends on all that is before it.
import { StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView } from '@codemirror/view';
import { likelihood } from '../tokens/likelihood.js';

const put = StateEffect.define();

export const scoreMarks = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    let now = marks;
    if (transaction.docChanged && now.size > 0) now = untilChange(now, transaction.changes);
    for (const effect of transaction.effects)
      if (effect.is(put)) now = draw(effect.value, transaction.state.doc);
    return now;
  },
  provide: (self) => EditorView.decorations.from(self),
});

// pieces: [{ from, to, ids, logprob, top }] in their order; none removes them. model: whose they are.
export function showScores(view, pieces, model = '') {
  if (pieces.length === 0 && countScores(view.state) === 0) return;
  view.dispatch({ effects: put.of(pieces.map((piece) => ({ ...piece, model }))) });
}

export function countScores(state) {
  return state.field(scoreMarks).size;
}

// The scored piece at `place`, with its range, or null.
export function scoreAt(state, place) {
  let found = null;
  state.field(scoreMarks).between(place, place, (from, to, value) => {
    if (from <= place && place < to) found = { from, to, piece: value.spec.piece };
  });
  return found;
}

function draw(pieces, doc) {
  const ranges = pieces.map(({ from, to, ...piece }) => {
    const known = { ...piece, text: doc.sliceString(from, to) };
    const name = `scored token-${likelihood(piece.logprob)}`;
    return Decoration.mark({ class: name, piece: known }).range(from, to);
  });
  return Decoration.set(ranges);
}

function untilChange(marks, changes) {
  let first = changes.length;
  changes.iterChangedRanges((from) => {
    first = Math.min(first, from);
  });
  return marks.update({ filter: (_from, to) => to <= first, filterFrom: first });
}
