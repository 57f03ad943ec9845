// Generated text from before a person changed it, stored with the step of the history. So Undo
// restores a deleted text as the model's, with its marks, and not as the person's.
import { invertedEffects } from '@codemirror/commands';
import { StateEffect } from '@codemirror/state';
import { movePlace } from './place-ranges.js';

// { back, places, marks }: the places and marks before the change that `back` undoes, by the ids of
// the places, in that document.
const restore = StateEffect.define({
  map({ back, places, marks }, changes) {
    // Steps are joined: the older of two applies to both.
    if (changes.length !== back.length) return { back, places, marks };
    const before = changes.mapDesc(back, true);
    const after = back.mapDesc(changes);
    // The changed text is gone, and so is the step.
    if (after.empty) return undefined;
    const moved = Object.entries(places).map(([id, place]) => [id, movePlace(place, before)]);
    return { back: after, places: Object.fromEntries(moved), marks: marks.map(before) };
  },
});

// placesOf(state) and marksOf(state): the values to remember.
export function rememberPlaces({ placesOf, marksOf }) {
  return invertedEffects.of(({ docChanged, changes, startState }) => {
    const all = placesOf(startState).filter(({ from, to }) => from < to);
    if (!docChanged || all.length === 0) return [];
    const places = all.map(({ id, from, start, end, to }) => [id, { from, start, end, to }]);
    return [
      restore.of({
        back: changes.invertedDesc,
        places: Object.fromEntries(places),
        marks: marksOf(startState),
      }),
    ];
  });
}

export function isMemory(effect) {
  return effect.is(restore);
}

// The places and marks that an Undo transaction restores: { places, marks }, or null.
export function findMemory({ effects, newDoc }) {
  const value = effects.findLast((effect) => effect.is(restore))?.value;
  if (!value) return null;
  const isWithin = ([, { from, to }]) => from < to && to <= newDoc.length;
  return { ...value, places: Object.fromEntries(Object.entries(value.places).filter(isWithin)) };
}
