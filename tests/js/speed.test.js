// How fast an upload is, and how long it still takes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Speed, writeSeconds, writeSize } from '../../static/js/datasets/speed.js';

test('the rate is of the last seconds alone', () => {
  const speed = new Speed();
  for (let second = 0; second <= 20; second += 1) {
    // Slow at first, then ten times as fast.
    speed.add(second < 10 ? 100 * second : 1000 + 1000 * (second - 10), 1000 * second);
  }

  assert.equal(speed.rate, 1000);
  assert.equal(speed.secondsLeft(21_000), 10);
});

test('nothing is known before the second point, nor after going back', () => {
  const speed = new Speed();
  assert.equal(speed.secondsLeft(10), null);
  speed.add(500, 0);
  assert.equal(speed.rate, 0);
  speed.add(900, 1000);
  speed.add(100, 2000);
  assert.equal(speed.rate, 0);
});

test('sizes are written as the server writes them', () => {
  assert.equal(writeSize(999), '999 bytes');
  assert.equal(writeSize(104_745), '105 kB');
  assert.equal(writeSize(2_500_000), '2.5 MB');
});

test('times are rounded up', () => {
  assert.equal(writeSeconds(null), '');
  assert.equal(writeSeconds(0.2), '1 s left');
  assert.equal(writeSeconds(61), '2 min left');
});
