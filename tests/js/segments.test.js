import assert from 'node:assert/strict';
import { test } from 'node:test';
import { piecesOf, segmentsOf } from '../../static/js/editor/segments.js';

test('segments are what is outside of the ranges, whatever their order', () => {
  const taken = [
    { from: 8, to: 10 },
    { from: 2, to: 4 },
    { from: 4, to: 5 },
  ];

  assert.deepEqual(segmentsOf('0123456789', taken), [
    { text: '01', from: 0 },
    { text: '567', from: 5 },
  ]);
  assert.deepEqual(segmentsOf('', []), []);
});

test('tokens become pieces of the whole text, and those of one character are one piece', () => {
  const segments = [
    { text: 'ab', from: 3 },
    { text: '😀c', from: 9 },
  ];
  const found = [
    [
      [5, 0, 1],
      [6, 1, 2],
    ],
    [
      [1, 0, 2],
      [2, 0, 2],
      [7, 2, 3],
    ],
  ];

  assert.deepEqual(piecesOf(segments, found), [
    { from: 3, to: 4, ids: [5] },
    { from: 4, to: 5, ids: [6] },
    { from: 9, to: 11, ids: [1, 2] },
    { from: 11, to: 12, ids: [7] },
  ]);
});
