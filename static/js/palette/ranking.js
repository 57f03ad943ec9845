// The commands that the palette shows, in their order. recent: ids, the most recently used first.
import { fit } from './matching.js';

const MAX_SHOWN = 30;
const MAX_RECENT = 5;
// Below every match of a name.
const FOUND_BY_TEXT = 0.5;
const KINDS = {
  action: 'On this page',
  page: 'Go to',
  template: 'Templates',
  prompt: 'Prompts',
  run: 'Runs',
  model: 'Models',
  site: 'Everywhere',
};

// Better matches come first; among equals the most recently used.
export function rankByFit(commands, query, recent) {
  const rank = ({ id }) => (recent.includes(id) ? recent.indexOf(id) : recent.length);
  return commands
    .map((command) => ({
      command,
      value: fit(query, command.name) || (command.foundBy === query ? FOUND_BY_TEXT : 0),
    }))
    .filter(({ value }) => value > 0)
    .sort((one, other) => other.value - one.value || rank(one.command) - rank(other.command))
    .slice(0, MAX_SHOWN)
    .map(({ command }) => command);
}

// [name of the group, its commands], without empty groups. Recently used commands are their own
// group.
export function groupByKind(commands, recent) {
  const lately = recent
    .map((id) => commands.find((command) => command.id === id))
    .filter(Boolean)
    .slice(0, MAX_RECENT);
  const rest = commands.filter((command) => !lately.includes(command));
  const groups = Object.entries(KINDS).map(([kind, name]) => [
    name,
    rest.filter((command) => command.kind === kind),
  ]);
  return [['Recent', lately], ...groups].filter(([, some]) => some.length > 0);
}
