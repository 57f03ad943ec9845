import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBias, readBiases, suggest, writeBiases } from '../../static/js/form/bias-lines.js';

test('lines are read as they are written, and others are left out', () => {
  const biases = [
    { text: ' apple', bias: -5 },
    { text: 'say "\n\\', bias: 2.5 },
    { id: 12, bias: -100 },
  ];

  const lines = writeBiases(biases);

  assert.deepEqual(lines.split('\n'), ['" apple" = -5', '"say \\"\\n\\\\" = 2.5', 'id 12 = -100']);
  assert.deepEqual(readBiases(`${lines}\napple = 3\n"" = 1\n`), biases);
});

test('a typed number has a point or a comma, and stays within the bounds', () => {
  assert.deepEqual(['2,5', '−3', '500', '-500'].map(readBias), [2.5, -3, 100, -100]);
  assert.ok(Number.isNaN(readBias('')) && Number.isNaN(readBias('many')));
});

test('a word is suggested with a space first, then as typed, then in the other case', () => {
  assert.deepEqual(suggest('apple'), [' apple', 'apple', ' Apple', 'Apple']);
  assert.deepEqual(suggest(' Paris'), [' Paris', 'Paris', ' paris', 'paris']);
});

test('several words, white space and a text with an end are taken as typed', () => {
  assert.deepEqual(suggest('two words'), ['two words']);
  assert.deepEqual(suggest('\\n'), ['\n']);
  assert.deepEqual(suggest('word '), ['word ']);
  assert.deepEqual(suggest(''), []);
});
