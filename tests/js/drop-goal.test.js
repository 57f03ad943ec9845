import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goalAt } from '../../static/js/form/drop-goal.js';

const MIDDLES = [10, 30, 50, 70];

test('a row stays until the pointer passes the middle of another', () => {
  assert.equal(goalAt(MIDDLES, 1, 30), 1);
  assert.equal(goalAt(MIDDLES, 1, 50), 1);
  assert.equal(goalAt(MIDDLES, 1, 10), 1);
});

test('a row goes as far as the pointer, down and up', () => {
  assert.equal(goalAt(MIDDLES, 1, 51), 2);
  assert.equal(goalAt(MIDDLES, 1, 500), 3);
  assert.equal(goalAt(MIDDLES, 2, 29), 1);
  assert.equal(goalAt(MIDDLES, 2, -5), 0);
});
