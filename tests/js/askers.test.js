import assert from 'node:assert/strict';
import { test } from 'node:test';

import { askerOf, isNewRun } from '../../static/js/panel/askers.js';

test('a press is a new run, a sibling, or its own name', () => {
  for (const id of ['run', 'run-several']) assert.equal(askerOf(id), 'run');
  for (const id of ['retry', 'branch', 'beside', 'previous-sibling', 'node-1-2', 'keep-7'])
    assert.equal(askerOf(id), 'sibling');
  for (const id of ['run-panel', 'page', '', 'keep-']) assert.equal(askerOf(id), id);
});

test('only some presses make a run', () => {
  for (const id of ['run', 'run-several', 'retry', 'branch']) assert.ok(isNewRun(id));
  for (const id of ['beside', 'keep-7', 'next-sibling']) assert.ok(!isNewRun(id));
});
