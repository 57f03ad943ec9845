import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeOf, readNumber } from '../../static/js/form/typed-number.js';

const whole = (typed) => readNumber(typed, { isWhole: true });
const decimal = (typed) => readNumber(typed, { isWhole: false });

test('a point and a comma both separate decimals', () => {
  assert.equal(decimal('0.7'), 0.7);
  assert.equal(decimal(' 0,7 '), 0.7);
});

test('a comma separates the thousands of a whole number', () => {
  assert.equal(whole('1,024'), 1024);
  assert.equal(whole('1,024,000'), 1_024_000);
  assert.equal(decimal('1,024'), 1.024);
});

test('"off" is a value only where there is one', () => {
  assert.equal(readNumber('OFF', { off: '0', isWhole: true }), 0);
  assert.ok(Number.isNaN(readNumber('off', { isWhole: true })));
});

test('anything else is NaN', () => {
  for (const typed of ['', '  ', 'warm', '1,02,4', '1.2.3'])
    assert.ok(Number.isNaN(decimal(typed)), typed);
});

test('a number that stays as typed needs no message', () => {
  assert.equal(changeOf('', Number.NaN, Number.NaN, '0.70'), '');
  assert.equal(changeOf('0,7', 0.7, 0.7, '0.70'), '');
  assert.equal(changeOf('off', 0, 0, 'off'), '');
});

test('the page says how it changed a number that it cannot use', () => {
  assert.equal(
    changeOf('warm', Number.NaN, Number.NaN, '0.70'),
    '“warm” is no number. It is 0.70 again.',
  );
  assert.equal(changeOf('9', 9, 2, '2.00'), '2.00 is the most, so 9 became 2.00.');
  assert.equal(changeOf('-9', -9, 0, '0.00'), '0.00 is the least, so -9 became 0.00.');
  assert.equal(changeOf('0.123', 0.123, 0.123, '0.12'), '0.123 was rounded to 0.12.');
});
