import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallestChange } from '../../static/js/box/smallest-change.js';

const apply = (old, { from, to, insert }) => old.slice(0, from) + insert + old.slice(to);

test('equal texts need no change', () => {
  assert.equal(smallestChange('abc', 'abc'), null);
});

test('equal beginnings and ends are left unchanged', () => {
  assert.deepEqual(smallestChange('one two three', 'one 2 three'), { from: 4, to: 7, insert: '2' });
});

test('repeated letters are not counted at both ends', () => {
  for (const [old, text] of [
    ['aa', 'aaa'],
    ['aaa', 'aa'],
    ['abab', 'ab'],
    ['', 'a'],
    ['a', ''],
  ])
    assert.equal(apply(old, smallestChange(old, text)), text);
});
