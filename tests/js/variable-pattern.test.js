import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VARIABLE, variableAt } from '../../static/js/box/variable-pattern.js';

const names = (text) => [...text.matchAll(VARIABLE)].map(([, name]) => name);

test('names have letters, digits, hyphens and underscores, in every script', () => {
  assert.deepEqual(names('{{name}} {{ first-name_2 }} {{имя}} {{नाम}}'), [
    'name',
    'first-name_2',
    'имя',
    'नाम',
  ]);
});

test('anything else is text', () => {
  assert.deepEqual(names(`{{}} {{a b}} {name} {{\nname}} {{${'x'.repeat(41)}}}`), []);
});

test('an odd number of backslashes makes the braces text', () => {
  assert.deepEqual(names('\\{{a}} \\\\{{b}} \\\\\\{{c}} \\\\\\\\{{d}}'), ['b', 'd']);
});

test('the variable at a place is the one whose braces contain it', () => {
  const text = 'To {{a}}{{b}}.';

  assert.equal(variableAt(text, 2), null);
  assert.deepEqual(variableAt(text, 3), { name: 'a', from: 3, end: 8 });
  assert.deepEqual(variableAt(text, 8), { name: 'b', from: 8, end: 13 });
  assert.equal(variableAt(text, 13), null);
});

test('a name has the same normal form as the fields', () => {
  assert.equal(variableAt('{{cafe\u0301}}', 0).name, 'caf\u00e9');
});
