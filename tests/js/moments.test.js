import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortMoment } from '../../static/js/elements/moments.js';

const NOW = new Date(2026, 4, 6, 18, 30);

test('a moment of today is shown as its time', () => {
  assert.equal(shortMoment(new Date(2026, 4, 6, 0, 5), NOW, 'en-GB'), '00:05');
});

test('any other moment is shown as its day', () => {
  assert.equal(shortMoment(new Date(2026, 4, 5, 23, 59), NOW, 'en-GB'), '5 May 2026');
  assert.equal(shortMoment(new Date(2025, 4, 6, 18, 30), NOW, 'en-GB'), '6 May 2025');
});
