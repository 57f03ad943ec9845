import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupByRun, tokensFrom } from '../../static/js/document/token-slices.js';

const TOKENS = [
  [1, 'ab', -0.5],
  [2, ''],
  [3, 'cde', -0.7],
];

test('tokens behind a length that ends between two are whole', () => {
  assert.deepEqual(tokensFrom(TOKENS, 2), [[3, 'cde', -0.7]]);
  assert.deepEqual(tokensFrom(TOKENS, 5), []);
});

test('all of them are behind the beginning but the empty one that adds nothing', () => {
  assert.deepEqual(tokensFrom(TOKENS, 0), TOKENS);
});

test('a token that is cut has the rest of its text and no probability', () => {
  assert.deepEqual(tokensFrom(TOKENS, 3), [[3, 'de']]);
});

test('tokens that came between each other are joined run by run, in their order', () => {
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
