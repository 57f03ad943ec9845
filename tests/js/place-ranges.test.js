import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeSet } from '@codemirror/state';
import { extendPlace, movePlace } from '../../static/js/box/place-ranges.js';

// "pp<<gggg>>tt": injected texts from 2 to 4 and from 8 to 10, generated text between them.
const PLACE = { id: 'place-1', from: 2, start: 4, end: 8, to: 10 };
const insertAt = (from, insert) => ChangeSet.of({ from, insert }, 12);
const removeFrom = (from, to) => ChangeSet.of({ from, to }, 12);
const rangeOf = ({ from, start, end, to }) => [from, start, end, to];

test('text before a place moves it', () => {
  assert.deepEqual(rangeOf(movePlace(PLACE, insertAt(0, 'xxx'))), [5, 7, 11, 13]);
});

test('text typed at its edges stays outside', () => {
  assert.deepEqual(rangeOf(movePlace(PLACE, insertAt(2, 'x'))), [3, 5, 9, 11]);
  assert.deepEqual(rangeOf(movePlace(PLACE, insertAt(10, 'x'))), [2, 4, 8, 10]);
});

test('text typed inside it becomes a part of it', () => {
  assert.deepEqual(rangeOf(movePlace(PLACE, insertAt(6, 'x'))), [2, 4, 9, 11]);
});

test('a place whose text is removed is empty and keeps its id', () => {
  const empty = movePlace(PLACE, removeFrom(1, 11));

  assert.deepEqual(empty, { id: 'place-1', from: 1, start: 1, end: 1, to: 1 });
});

test('the parts never cross each other, whatever is removed or replaced', () => {
  for (const insert of ['', 'xxx']) {
    for (let from = 0; from < 12; from += 1) {
      for (let to = from + 1; to <= 12; to += 1) {
        const change = ChangeSet.of({ from, to, insert }, 12);
        const range = rangeOf(movePlace(PLACE, change));
        const inOrder = [...range].sort((one, other) => one - other);
        assert.deepEqual(range, inOrder, `${from} to ${to} becomes "${insert}"`);
      }
    }
  }
});

test('undo restores text that was removed at one end', () => {
  const now = { from: 2, start: 4, end: 6, to: 6 };
  const was = { from: 2, start: 4, end: 8, to: 10 };

  assert.deepEqual(extendPlace(now, was), was);
});

test('undo fills an empty place as it was', () => {
  const now = { id: 'place-1', from: 2, start: 2, end: 2, to: 2 };
  const was = { from: 2, start: 4, end: 8, to: 10 };

  assert.deepEqual(extendPlace(now, was), { id: 'place-1', ...was });
});

test('a place that undo does not touch is the same', () => {
  assert.equal(extendPlace(PLACE, undefined), PLACE);
});
