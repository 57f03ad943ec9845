// The places of generated text in the document.
//
// A place outlives its text: after Undo it is empty and moves with the text around it, so that Redo
// can fill it again. `run` is the run that it shows, null for nothing. The range from `from` to
// `start` is the injected start text, up to `end` the model's text, up to `to` the injected restart
// text.
import { invertedEffects } from '@codemirror/commands';
import { StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView, WidgetType } from '@codemirror/view';
import { extendPlace, movePlace } from '../box/place-ranges.js';
import { findMemory } from '../box/remembered.js';

// { id, at }: a new place. { at }: the position of the next one.
export const open = StateEffect.define();
export const expect = StateEffect.define();
// { place, run, at, current }: what the place shows from now on, where it begins if it is empty,
// and the run whose text the whole document then has (the panel's run). The history holds these
// effects and not the text, so a generation is one step, however it arrived and whatever was typed
// meanwhile.
export const show = StateEffect.define({
  map: (value, changes) => ({ ...value, at: changes.mapPos(value.at, -1) }),
});
// { place, from, start, end, to }: the current ranges, in the changed document.
export const fill = StateEffect.define();
// { place, isWriting }
export const write = StateEffect.define();
// [{ from, to }]: the ranges that Undo would remove.
export const doom = StateEffect.define();

const generated = Decoration.mark({ class: 'cm-generated' });
const doomed = Decoration.mark({ class: 'cm-doomed' });

class Cursor extends WidgetType {
  toDOM() {
    const cursor = document.createElement('span');
    cursor.className = 'cursor';
    cursor.setAttribute('aria-hidden', 'true');
    return cursor;
  }

  eq() {
    return true;
  }
}

const cursor = Decoration.widget({ widget: new Cursor(), side: 1 });

const field = StateField.define({
  create: () => ({ all: [], current: null, expected: 0, doomed: [], drawn: Decoration.none }),
  update(value, transaction) {
    const next = transaction.docChanged ? moveAll(value, transaction.changes) : { ...value };
    let isSame = !transaction.docChanged;
    for (const effect of transaction.effects) isSame = !apply(next, effect) && isSame;
    if (isSame) return value;
    const lost = findMemory(transaction);
    if (lost) next.all = next.all.map((place) => extendPlace(place, lost.places[place.id]));
    next.drawn = draw(next, transaction.state);
    return next;
  },
  provide: (self) => EditorView.decorations.from(self, (value) => value.drawn),
});

export function placesOf(state) {
  return state.field(field).all;
}

export function expectedAt(state) {
  return state.field(field).expected;
}

// The run whose text the document has; null before the first one.
export function currentRun(state) {
  return state.field(field).current;
}

export function places() {
  return [
    field,
    invertedEffects.of((transaction) =>
      transaction.effects
        .filter((effect) => effect.is(show))
        .map(({ value }) => show.of(inverse(value, transaction.startState))),
    ),
  ];
}

function inverse({ place: id, at }, state) {
  const place = placesOf(state).find((one) => one.id === id);
  const current = currentRun(state);
  return { place: id, run: place?.run ?? null, at: place?.from ?? at, current };
}

function apply(next, effect) {
  if (effect.is(open)) {
    const { id, at } = effect.value;
    const place = { id, run: null, from: at, start: at, end: at, to: at, isWriting: false };
    next.all = [...next.all, place];
  } else if (effect.is(show)) {
    const { place: id, run, at, current } = effect.value;
    next.all = next.all.map((place) => (place.id === id ? showRun(place, run, at) : place));
    next.current = current;
  } else if (effect.is(fill) || effect.is(write)) {
    const { place: id, ...changed } = effect.value;
    next.all = next.all.map((place) => (place.id === id ? { ...place, ...changed } : place));
  } else if (effect.is(expect)) {
    next.expected = effect.value.at;
  } else if (effect.is(doom)) {
    next.doomed = effect.value;
  } else {
    return false;
  }
  return true;
}

// An empty place has no text to hold it: typing and undoing around it would move it.
function showRun(place, run, at) {
  const isEmpty = place.from === place.to;
  return isEmpty ? { ...place, run, from: at, start: at, end: at, to: at } : { ...place, run };
}

function moveAll(value, changes) {
  return {
    ...value,
    all: value.all.map((place) => movePlace(place, changes)),
    expected: changes.mapPos(value.expected, -1),
    doomed: [],
  };
}

function draw({ all, doomed: going }, { doc }) {
  const ranges = [];
  for (const { start, end, isWriting } of all) {
    // White space before the first word is not tinted, because it would look like a word.
    const head = doc.sliceString(start, Math.min(end, start + 8));
    const first = start + head.length - head.trimStart().length;
    if (first < end) ranges.push(generated.range(first, end));
    if (isWriting) ranges.push(cursor.range(end));
  }
  for (const { from, to } of going) if (from < to) ranges.push(doomed.range(from, to));
  return Decoration.set(ranges, true);
}
