import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nameDay } from '../../static/js/history/days.js';

const NOW = new Date(2026, 11, 1, 9, 30);

test('days have their names, in words', () => {
  assert.equal(nameDay(new Date(2026, 11, 1, 0, 0), NOW), 'Today');
  assert.equal(nameDay(new Date(2026, 10, 30, 23, 59), NOW), 'Yesterday');
  assert.equal(nameDay(new Date(2026, 10, 23, 12, 0), NOW), 'Monday, 23 November');
  assert.equal(nameDay(new Date(2025, 0, 2, 12, 0), NOW), 'Thursday, 2 January 2025');
});
