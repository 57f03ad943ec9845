import assert from 'node:assert/strict';
import { test } from 'node:test';
import { likelihood, percent } from '../../static/js/tokens/likelihood.js';

test('the classes begin at 80, 50, 20 and 5 %', () => {
  const classOf = (share) => likelihood(Math.log(share));

  assert.deepEqual(
    [1, 0.8, 0.79, 0.5, 0.49, 0.2, 0.19, 0.05, 0.049, 1e-9].map(classOf),
    [5, 5, 4, 4, 3, 3, 2, 2, 1, 1],
  );
});

test('small shares have a decimal, tiny ones show a bound, and none is rounded to 10.0 %', () => {
  const written = [1, 0.5, 0.0996, 0.0994, 0.0123, 0.001, 0.0009].map((share) =>
    percent(Math.log(share)),
  );

  assert.deepEqual(written, ['100 %', '50 %', '10 %', '9.9 %', '1.2 %', '0.1 %', '< 0.1 %']);
});
