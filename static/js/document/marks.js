// The likelihood of each generated token: an underline in one of five classes, each with its own
// colour and line. The ranges move with the text and are never rebuilt.
import { RangeSet, StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView } from '@codemirror/view';
import { findMemory } from '../box/remembered.js';
import { likelihood } from '../tokens/likelihood.js';

const add = StateEffect.define();

export const tokenMarks = StateField.define({
  create: () => RangeSet.empty,
  update(marks, transaction) {
    let now = transaction.docChanged ? marks.map(transaction.changes) : marks;
    for (const effect of transaction.effects) {
      if (effect.is(add)) now = now.update({ add: effect.value });
    }
    const lost = findMemory(transaction);
    return lost ? restoreMarks(now, lost.marks, transaction.changes) : now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

// Those of the given marks whose text Undo has restored.
function restoreMarks(now, were, changes) {
  const add = [];
  changes.iterChangedRanges((_fromThen, _toThen, begin, end) => {
    were.between(begin, end, (from, to, value) => {
      if (from < end && begin < to) add.push(value.range(from, to));
    });
  });
  if (add.length === 0) return now;
  const isCovered = (from, to) => add.some((range) => range.from < to && from < range.to);
  return now.update({
    filter: (from, to) => !isCovered(from, to),
    filterFrom: Math.min(...add.map(({ from }) => from)),
    filterTo: Math.max(...add.map(({ to }) => to)),
    add,
    sort: true,
  });
}

// The effects that mark `tokens`, [id, text, logprob, top], whose text begins at `from`.
export function markTokens(tokens, from) {
  const ranges = [];
  let at = from;
  for (const token of tokens) {
    const [, text, logprob] = token;
    if (logprob !== undefined && text)
      ranges.push(mark(token, logprob).range(at, at + text.length));
    at += text.length;
  }
  return ranges.length > 0 ? [add.of(ranges)] : [];
}

export function marksOf(state) {
  return state.field(tokenMarks);
}

// The token at `place`, with its range, or null.
export function tokenAt(state, place) {
  let found = null;
  state.field(tokenMarks).between(place, place, (from, to, value) => {
    if (from <= place && place < to) found = { from, to, token: value.spec.token };
  });
  return found;
}

function mark(token, logprob) {
  return Decoration.mark({ class: `token token-${likelihood(logprob)}`, token });
}
