import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fit } from '../../static/js/palette/matching.js';

test('a whole name fits best, then beginnings, then middles, then letters in order', () => {
  const fits = ['compare runs', 'com', 'pare', 'cprs'].map((query) => fit(query, 'Compare runs'));

  assert.deepEqual(fits, [4, 3, 2, 1]);
});

test('the worst of the words decides', () => {
  assert.equal(fit('compare uns', 'Compare runs'), fit('uns', 'Compare runs'));
  assert.equal(fit('compare xyz', 'Compare runs'), 0);
});

test('letters fit only in order, from the beginning of a word', () => {
  assert.equal(fit('cr', 'Compare runs'), 1);
  assert.equal(fit('rc', 'Compare runs'), 0);
  assert.equal(fit('orns', 'Compare runs'), 0);
});

test('accents, case and punctuation do not count', () => {
  assert.equal(fit('creme brulee', 'Crème-Brûlée'), 4);
  assert.equal(fit('ÜBER', 'uber'), 4);
});

test('a query without words fits everything', () => {
  assert.equal(fit('…', 'Compare runs'), 3);
});

test('names in other scripts fit by their words', () => {
  assert.equal(fit('перев', 'Русский перевод'), 3);
});
