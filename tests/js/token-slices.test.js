import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupByRun, tokensFrom } from '../../static/js/document/token-slices.js';

const TOKENS = [
  [1, 'ab', -0.5],
  [2, ''],
  [3, 'cde', -0.7],
];

test('tokens after a border between two are complete', () => {
  assert.deepEqual(tokensFrom(TOKENS, 2), [[3, 'cde', -0.7]]);
  assert.deepEqual(tokensFrom(TOKENS, 5), []);
});

test('all tokens are after the beginning, except the empty one', () => {
  assert.deepEqual(tokensFrom(TOKENS, 0), TOKENS);
});

test('a cut token has the rest of its text and no probability', () => {
  assert.deepEqual(tokensFrom(TOKENS, 3), [[3, 'de']]);
});

test('interleaved tokens are joined run by run, in their order', () => {
  const pending = [
    ['a', [[1, 'x']]],
    ['b', [[2, 'y']]],
    ['a', [[3, 'z']]],
  ];

  assert.deepEqual(
    [...groupByRun(pending)],
    [
      [
        'a',
        [
          [1, 'x'],
          [3, 'z'],
        ],
      ],
      ['b', [[2, 'y']]],
    ],
  );
});
