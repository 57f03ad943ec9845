import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queueNote } from '../../static/js/run/queue-note.js';

test('a run that waits no more has no note', () => {
  assert.equal(queueNote(undefined, undefined), '');
  assert.equal(queueNote(null, 3), '');
});

test('the place is told in words, one run in the singular', () => {
  assert.equal(queueNote(0, null), 'next in line');
  assert.equal(queueNote(1, null), '1 run before this one');
  assert.equal(queueNote(2, null), '2 runs before this one');
});

test('a wait is a whole number of seconds and never none', () => {
  assert.equal(queueNote(0, 0.2), 'next in line, about 1 s');
  assert.equal(queueNote(3, 12.4), '3 runs before this one, about 12 s');
});
