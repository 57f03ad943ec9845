import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoredPieces, summaryOf } from '../../static/js/tokens/scored-pieces.js';

test('each token that the text shows is a piece, but for the first of all', () => {
  const tokens = [[5, 0, 2], [6, 2, 4], [7], [8, 9, 12]];
  const result = [
    [null, []],
    [-0.5, [[6, -0.5]]],
    [-3, []],
    [-1, []],
  ];

  assert.deepEqual(scoredPieces(tokens, result), [
    { from: 2, to: 4, ids: [6], logprob: -0.5, top: [[6, -0.5]] },
    { from: 9, to: 12, ids: [8], logprob: -1, top: [] },
  ]);
});

test('tokens that share a character are one piece, as likely as all of them together', () => {
  const tokens = [
    [1, 0, 1],
    [2, 1, 3],
    [3, 1, 3],
  ];
  const result = [
    [null, []],
    [-1, [[9, -0.1]]],
    [-2, [[8, -0.1]]],
  ];

  assert.deepEqual(scoredPieces(tokens, result), [
    { from: 1, to: 3, ids: [2, 3], logprob: -3, top: [] },
  ]);
});

test('the sum is told in tokens and perplexity', () => {
  const even = (count, share) => [[null, []], ...Array(count).fill([Math.log(share), []])];

  assert.equal(summaryOf(even(41, 1 / 8)), '42 tokens, perplexity 8.0');
  assert.equal(summaryOf(even(1, 1 / 1234)), '2 tokens, perplexity 1,234');
  assert.equal(summaryOf(even(1, 1e-20)), '2 tokens, perplexity 1.0e+20');
  assert.equal(summaryOf(even(0, 1)), '1 token, nothing before it');
});
