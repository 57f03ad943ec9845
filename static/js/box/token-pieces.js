// The tokens of a text that a person wrote, as the model reads it: borders and alternating tints,
// and a card under the pointer and at the caret, which also tells a known probability.
import { Prec, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  EditorView,
  hoverTooltip,
  keymap,
  showTooltip,
  WidgetType,
} from '@codemirror/view';
import { announce } from '../shell/announcer.js';
import { pieceCard, pieceInWords } from '../tokens/token-card.js';
import { drawSpaces } from '../tokens/visible-text.js';
import { scoreAt, scoreMarks } from './score-marks.js';

const HOVER = 120;
const put = StateEffect.define();
const show = StateEffect.define();

class LineBreak extends WidgetType {
  toDOM() {
    const sign = document.createElement('span');
    sign.className = 'piece-break';
    sign.setAttribute('aria-hidden', 'true');
    sign.textContent = drawSpaces('\n');
    return sign;
  }

  eq() {
    return true;
  }
}

const lineBreak = Decoration.widget({ widget: new LineBreak(), side: 1 });

const field = StateField.define({
  create: () => Decoration.none,
  update(pieces, transaction) {
    let now = pieces;
    if (transaction.docChanged && now.size > 0) now = move(now, transaction.changes);
    for (const effect of transaction.effects) if (effect.is(put)) now = draw(effect.value);
    return now;
  },
  provide: (self) => EditorView.decorations.from(self),
});

export function tokenPieces() {
  const caret = StateField.define({
    create: () => null,
    update(shown, transaction) {
      const effect = transaction.effects.find((one) => one.is(show));
      if (effect) return effect.value;
      const before = transaction.startState;
      if (transaction.docChanged || areOthers(before, transaction.state)) return null;
      if (!transaction.isUserEvent('select')) return shown;
      const { main } = transaction.state.selection;
      const found = main.empty ? pieceAt(transaction.state, main.head) : null;
      if (found) announce(pieceInWords(found.piece));
      return found && tooltip(found);
    },
    provide: (self) => showTooltip.from(self),
  });
  const close = (view) => {
    if (!view.state.field(caret)) return false;
    view.dispatch({ effects: show.of(null) });
    return true;
  };
  return [
    // The outermost marks: another one that ends inside a token draws no border there.
    Prec.lowest(field),
    scoreMarks,
    caret,
    hoverTooltip(
      (view, place) => {
        const found = view.state.field(caret) ? null : pieceAt(view.state, place);
        return found && tooltip(found);
      },
      { hoverTime: HOVER, hideOnChange: true },
    ),
    keymap.of([{ key: 'Escape', run: close }]),
  ];
}

// pieces: [{ from, to, ids }] in their order; none removes them.
export function showPieces(view, pieces) {
  if (pieces.length === 0 && view.state.field(field).size === 0) return;
  view.dispatch({
    effects: put.of(pieces.map((piece) => ({ ...piece, text: textOf(view, piece) }))),
  });
}

function areOthers(before, now) {
  return [field, scoreMarks].some((one) => before.field(one) !== now.field(one));
}

// The piece at `place`, with its range, or null.
function pieceAt(state, place) {
  let found = scoreAt(state, place);
  if (found) return found;
  state.field(field).between(place, place, (from, to, value) => {
    const { piece } = value.spec;
    if (piece && from <= place && place < to) found = { from, to, piece };
  });
  return found;
}

function tooltip({ from, to, piece }) {
  // Also on the last line, whose end the scroll margins leave out.
  const place = { pos: from, end: to, above: true, clip: false };
  return { ...place, create: () => ({ dom: pieceCard(piece) }) };
}

function textOf({ state }, { from, to }) {
  return state.doc.sliceString(from, to);
}

function draw(pieces) {
  const ranges = pieces.flatMap(({ from, to, ids, text }, index) => {
    const piece = { ids, text };
    const name = index % 2 ? 'piece piece-even' : 'piece';
    const breaks = [...text.matchAll(/\n/g)].map((found) => lineBreak.range(from + found.index));
    return [Decoration.mark({ class: name, piece }).range(from, to), ...breaks];
  });
  return Decoration.set(ranges, true);
}

// A token that was changed is none any more. Its neighbours stay until the server has answered.
function move(pieces, changes) {
  let now = pieces.map(changes);
  changes.iterChangedRanges((_fromThen, _toThen, begin, end) => {
    now = now.update({
      filter: (from, to) => to <= begin || end <= from,
      filterFrom: begin,
      filterTo: end,
    });
  });
  return now;
}
