import assert from 'node:assert/strict';
import { test } from 'node:test';
import { occurrences } from '../../static/js/box/occurrences.js';
import { replaceAll, replaceLine } from '../../static/js/form/fixes.js';

test('all occurrences are found, and none inside another', () => {
  assert.deepEqual(occurrences('aaaa', 'aa', { isEnd: false }), [
    { from: 0, to: 2 },
    { from: 2, to: 4 },
  ]);
});

test('a hint about the end finds only the end', () => {
  assert.deepEqual(occurrences('a b a', 'a', { isEnd: true }), [{ from: 4, to: 5 }]);
  assert.deepEqual(occurrences('a b', 'a', { isEnd: true }), []);
});

test('a fix changes all occurrences, longer or shorter than they were', () => {
  assert.equal(
    replaceAll('{name}, {name}', '{name}', '{{name}}', { isEnd: false }),
    '{{name}}, {{name}}',
  );
  assert.equal(replaceAll('a  b  ', '  ', '', { isEnd: true }), 'a  b');
});

test('a fix of a stop sequence changes whole lines only', () => {
  assert.equal(replaceLine('END\n/n\nx/n', '/n', '\\n'), 'END\n\\n\nx/n');
});

test('a stop sequence that becomes several has each of them once', () => {
  assert.equal(replaceLine('a,b\nb', 'a,b', 'a\nb'), 'a\nb');
});
