import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Completion } from '../../static/js/document/completion.js';

const completion = () => new Completion('run', { lead: '\nA:' });

test('tokens add their text and their number', () => {
  const one = completion();

  one.add([
    [1, ' a'],
    [2, 'b'],
  ]);
  one.add([[3, '']]);

  assert.equal(one.text, ' ab');
  assert.equal(one.count, 3);
  assert.deepEqual(one.parts, { lead: '\nA:', text: ' ab', tail: '' });
  assert.equal(one.length, 6);
});

test('a sibling belongs to the family of the first run', () => {
  assert.equal(new Completion('run').family, 'run');
  assert.equal(new Completion('run', { family: 'first' }).family, 'first');
});

test('the row decides: tokens that differ from it are dropped', () => {
  const one = completion();
  one.add([[1, ' a', -0.1]]);

  one.settle(' a', 1);
  assert.equal(one.tokens.length, 1);

  one.settle(' other', 2);
  assert.deepEqual([one.text, one.count, one.isFinal], [' other', 2, true]);
  assert.deepEqual(one.tokens, []);
});

test('a text that starts again keeps the text before it', () => {
  const one = completion();
  one.add([[1, ' a']]);

  one.clear();

  assert.deepEqual(one.parts, { lead: '\nA:', text: '', tail: '' });
  assert.equal(one.count, 0);
});

test('an edited text comes back, with the text that has arrived since', () => {
  const one = completion();
  one.add([[1, ' a']]);

  one.keep({ lead: '', text: ' mine', tail: '' });
  one.add([[2, 'b']]);

  assert.deepEqual(one.parts, { lead: '', text: ' mineb', tail: '' });
  assert.equal(one.text, ' ab');
});

test('an unchanged text is not kept as edited', () => {
  const one = completion();
  one.add([[1, ' a']]);

  one.keep({ lead: '\nA:', text: ' a', tail: '' });

  assert.equal(one.edited, null);
});
