import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tooManyCharacters } from '../../static/js/form/lengths.js';

test('a text at the limit is not too long', () => {
  assert.equal(tooManyCharacters('The prompt', 'x'.repeat(10), 10), '');
});

test('the sentence has both numbers and advice', () => {
  assert.equal(
    tooManyCharacters('The prompt', 'x'.repeat(65_537), 65_536),
    'The prompt has 65,537 characters; the limit is 65,536. Shorten it.',
  );
});

test('a character outside the basic plane counts once, as the server counts it', () => {
  assert.equal(tooManyCharacters('Given', '🦜'.repeat(10), 10), '');
  assert.match(tooManyCharacters('Given', '🦜'.repeat(11), 10), /^Given has 11 characters/);
});
