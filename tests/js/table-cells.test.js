import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCells } from '../../static/js/run/table-cells.js';

test('cells are the texts between the bars, without surrounding spaces', () => {
  assert.deepEqual(readCells('| Ann |  34 |', 2), ['Ann', '34']);
  assert.deepEqual(readCells('Ann | 34', 2), ['Ann', '34']);
});

test('an empty cell is a cell', () => {
  assert.deepEqual(readCells('| Ann | | x |', 3), ['Ann', '', 'x']);
});

test('an unfinished line has the cells that are there', () => {
  assert.deepEqual(readCells('| Ann | 3', 3), ['Ann', '3']);
});

test('surplus cells are all in the last column', () => {
  assert.deepEqual(readCells('| a | b | c | d |', 2), ['a', 'b | c | d']);
});
