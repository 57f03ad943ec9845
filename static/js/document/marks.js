// The generated tokens: their likelihood as an underline in one of five classes, each with its own
// colour and line, and their borders. The ranges move with the text and are never rebuilt.
import { RangeSet, StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView } from '@codemirror/view';
import { findMemory } from '../box/remembered.js';
import { likelihood } from '../tokens/likelihood.js';
import { areTokensShown } from '../tokens/showing.js';

const add = StateEffect.define();
const clear = StateEffect.define();

export const tokenMarks = StateField.define({
  create: () => RangeSet.empty,
  update(marks, transaction) {
    let now = transaction.docChanged ? marks.map(transaction.changes) : marks;
    for (const effect of transaction.effects) {
      if (effect.is(add)) now = now.update({ add: effect.value });
      if (effect.is(clear)) now = now.update(within(effect.value));
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

// What removes the marks between two places.
function within({ from: begin, to: end }) {
  return {
    filter: (from, to) => from < begin || end < to,
    filterFrom: begin,
    filterTo: end,
  };
}

// The effects that mark `tokens`, [id, text, logprob, top], whose text begins at `from`. first: how
// many tokens of their run are before them.
export function markTokens(tokens, from, { first = 0 } = {}) {
  const ranges = [];
  const areAllMarked = areTokensShown();
  let at = from;
  tokens.forEach((token, index) => {
    const [id, text, logprob] = token;
    const isMarked = logprob !== undefined || (areAllMarked && id !== null);
    if (isMarked && text)
      ranges.push(mark(token, logprob, first + index).range(at, at + text.length));
    at += text.length;
  });
  return ranges.length > 0 ? [add.of(ranges)] : [];
}

// The effects that mark them instead of the marks that are between `from` and `to`.
export function markAgain(tokens, from, to) {
  return [clear.of({ from, to }), ...markTokens(tokens, from)];
}

export function marksOf(state) {
  return state.field(tokenMarks);
}

// The ranges of all marks with their tokens, in their order; none in an editor without generated
// text.
export function markedRanges(state) {
  const ranges = [];
  const marks = state.field(tokenMarks, false);
  for (const at = marks?.iter(); at?.value; at.next())
    ranges.push({ from: at.from, to: at.to, token: at.value.spec.token });
  return ranges;
}

// The token at `place`, with its range, or null.
export function tokenAt(state, place) {
  let found = null;
  state.field(tokenMarks).between(place, place, (from, to, value) => {
    if (from <= place && place < to) found = { from, to, token: value.spec.token };
  });
  return found;
}

function mark(token, logprob, index) {
  const parts = ['token'];
  if (logprob !== undefined) parts.push(`token-${likelihood(logprob)}`);
  if (index % 2) parts.push('even-token');
  return Decoration.mark({ class: parts.join(' '), token });
}
