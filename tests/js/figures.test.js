import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeDuration, writeNumber, writePlace } from '../../static/js/finetunes/figures.js';

test('figures have few digits', () => {
  assert.equal(writeNumber(0.21437), '0.214');
  assert.equal(writeNumber(12.3456), '12.35');
  assert.equal(writeNumber(1711.2), '1,711');
  assert.equal(writeNumber(Number.NaN), '–');
});

test('durations have the two largest units that matter', () => {
  assert.equal(writeDuration(47), '47 s');
  assert.equal(writeDuration(110), '1 min 50 s');
  assert.equal(writeDuration(120), '2 min');
  assert.equal(writeDuration(3700), '1 h 2 min');
  assert.equal(writeDuration(90000), '25 h');
});

test('a place says what is known', () => {
  assert.equal(writePlace({ step: 1, steps: 340 }), 'Step 1 of 340');
  assert.equal(
    writePlace({ step: 1200, steps: 3400, epoch: 1.94, epochs: 3, best: 1100 }),
    'Step 1,200 of 3,400 · epoch 1.9 of 3 · best at step 1,100',
  );
});
