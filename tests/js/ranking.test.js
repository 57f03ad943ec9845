import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupByKind, rankByFit } from '../../static/js/palette/ranking.js';

const command = (name, more = {}) => ({ id: `action:${name}`, kind: 'action', name, ...more });
const names = (commands) => commands.map(({ name }) => name);

test('better matches come first, and others are left out', () => {
  const commands = ['Restart', 'Start', 'Stop'].map((name) => command(name));

  assert.deepEqual(names(rankByFit(commands, 'start', [])), ['Start', 'Restart']);
});

test('among equals the most recently used comes first', () => {
  const commands = ['Run one', 'Run two', 'Run three'].map((name) => command(name));
  const recent = ['action:Run three', 'action:Run two'];

  assert.deepEqual(names(rankByFit(commands, 'run', recent)), ['Run three', 'Run two', 'Run one']);
});

test('options that the server found by text come after all matching names', () => {
  const commands = [
    command('Haiku', { foundBy: 'sea' }),
    command('Lake', { foundBy: 'se' }),
    command('Search'),
  ];

  assert.deepEqual(names(rankByFit(commands, 'sea', [])), ['Search', 'Haiku']);
});

test('no more than thirty are shown', () => {
  const commands = Array.from({ length: 40 }, (_, number) => command(`Run ${number}`));

  assert.equal(rankByFit(commands, 'run', []).length, 30);
});

test('groups follow the order of kinds; empty ones are left out', () => {
  const commands = [command('Gallery', { kind: 'page' }), command('Run'), command('Stop')];

  const groups = groupByKind(commands, []).map(([name, some]) => [name, names(some)]);

  assert.deepEqual(groups, [
    ['On this page', ['Run', 'Stop']],
    ['Go to', ['Gallery']],
  ]);
});

test('recently used options are the first group and are in no other', () => {
  const commands = [command('Run'), command('Stop')];

  const groups = groupByKind(commands, ['action:Stop', 'action:Gone']);

  assert.deepEqual(
    groups.map(([name, some]) => [name, names(some)]),
    [
      ['Recent', ['Stop']],
      ['On this page', ['Run']],
    ],
  );
});
