import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

// The browser's clock and frames, controlled by the test.
const frames = new Map();
const timers = new Map();
let now = 1000;
let number = 0;

globalThis.requestAnimationFrame = (draw) => {
  number += 1;
  frames.set(number, draw);
  return number;
};
globalThis.cancelAnimationFrame = (id) => frames.delete(id);

const { Beat, giveWay } = await import('../../static/js/tokens/beat.js');

function drawFrame() {
  const draws = [...frames.values()];
  frames.clear();
  for (const draw of draws) draw();
}

function pass(ms) {
  now += ms;
  for (const [id, { at, run }] of timers) {
    if (at > now) continue;
    timers.delete(id);
    run();
  }
}

beforeEach((t) => {
  frames.clear();
  timers.clear();
  now += 1000;
  t.mock.method(performance, 'now', () => now);
  t.mock.method(globalThis, 'setTimeout', (run, ms) => {
    number += 1;
    timers.set(number, { at: now + ms, run });
    return number;
  });
});

test('all requests are drawn in the same frame, each once', () => {
  const drawn = [];
  const one = new Beat(() => drawn.push('one'));
  const other = new Beat(() => drawn.push('other'));

  one.ask();
  other.ask();
  one.ask();
  drawFrame();

  assert.deepEqual(drawn, ['one', 'other']);
});

test('the next frame waits for thirty milliseconds', () => {
  const drawn = [];
  const beat = new Beat(() => drawn.push(now));
  beat.ask();
  drawFrame();

  beat.ask();
  drawFrame();
  assert.equal(drawn.length, 1);

  pass(30);
  drawFrame();
  assert.equal(drawn.length, 2);
});

test('a request of another part does not draw a finished part again', () => {
  const drawn = [];
  const one = new Beat(() => drawn.push('one'));
  const other = new Beat(() => drawn.push('other'));
  one.ask();
  drawFrame();

  other.ask();
  pass(30);
  drawFrame();

  assert.deepEqual(drawn, ['one', 'other']);
});

test('a cancelled request is not drawn', () => {
  const drawn = [];
  const beat = new Beat(() => drawn.push(now));

  beat.ask();
  beat.cancel();
  drawFrame();

  assert.deepEqual(drawn, []);
});

test('a pressed key delays the frame, but not for ever', () => {
  const drawn = [];
  const beat = new Beat(() => drawn.push(now));
  beat.ask();
  drawFrame();
  pass(30);
  beat.ask();

  giveWay();
  drawFrame();
  assert.equal(drawn.length, 1);

  pass(30);
  pass(60);
  giveWay();
  drawFrame();
  assert.equal(drawn.length, 2);
});
