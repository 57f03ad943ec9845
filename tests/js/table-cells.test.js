import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCells } from '../../static/js/run/table-cells.js';

test('cells are what is between the bars, without the spaces around it', () => {
  assert.deepEqual(readCells('| Ann |  34 |', 2), ['Ann', '34']);
  assert.deepEqual(readCells('Ann | 34', 2), ['Ann', '34']);
});

test('an empty cell is a cell', () => {
  assert.deepEqual(readCells('| Ann | | x |', 3), ['Ann', '', 'x']);
});

test('a line that is not written to its end has the cells that it has', () => {
  assert.deepEqual(readCells('| Ann | 3', 3), ['Ann', '3']);
});

test('more cells than columns are all in the last one', () => {
  assert.deepEqual(readCells('| a | b | c | d |', 2), ['a', 'b | c | d']);
});
