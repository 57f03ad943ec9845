// Commands that are made of the query itself: "temp 0.2" sets a parameter, "stop \n" adds a stop
// sequence, and a parameter's name alone leads to its input.
import { announce } from '../shell/announcer.js';
import { fit } from './matching.js';

const LEAST = 2;
const MOST_NAMED = 3;

// set: what a typed value does, which nothing else means; named: parameters by their names, which are
// ranked with the other commands.
export function typedCommands(query) {
  if (query.length < LEAST) return { set: [], named: [] };
  const parameters = findParameters();
  const [, name, value] = /^(.*?)\s*[\s=:]\s*(\S+)$/.exec(query) ?? [];
  const set = name ? parameters.filter((one) => fits(name, one) && takes(one, value)) : [];
  const named = parameters.filter((one) => fits(query, one)).slice(0, MOST_NAMED);
  return { set: set.map((one) => setting(one, value)), named: named.map(naming) };
}

function findParameters() {
  return [...document.querySelectorAll('#parameters-body .parameter:has(.parameter-head)')].flatMap(
    (element) => {
      const input = element.querySelector('input.number, textarea[name=stop]');
      const label = element.querySelector('label')?.firstChild?.textContent.trim();
      return input && label ? [{ input, label, isStop: input.name === 'stop' }] : [];
    },
  );
}

// Not letter by letter: "run" is no repetition penalty.
function fits(name, { label }) {
  return fit(name, label) >= 2;
}

function takes({ isStop }, value) {
  return isStop || /^[-+]?[\d.,]+$/.test(value) || value === 'off';
}

function setting(parameter, value) {
  const { input, label, isStop } = parameter;
  const name = isStop ? `Stop at ${value}` : `Set ${label} to ${value}`;
  return {
    id: `set:${input.name}`,
    kind: 'action',
    icon: 'sliders',
    name,
    press: () => {
      input.value = isStop ? [...linesOf(input), value].join('\n') : value;
      for (const type of ['input', 'change'])
        input.dispatchEvent(new Event(type, { bubbles: true }));
      announce(isStop ? `Stops at ${value}.` : `${label}: ${input.value}.`);
    },
  };
}

function naming({ input, label, isStop }) {
  const now = isStop ? linesOf(input).join(', ') || 'nothing' : input.value || input.placeholder;
  return {
    id: `go:${input.name}`,
    kind: 'action',
    icon: 'sliders',
    name: `${label}: ${now}`,
    press: () => {
      if (!input.checkVisibility() && !isStop) document.getElementById('open-parameters')?.click();
      const target = isStop ? document.querySelector('.chip-input') : input;
      target.scrollIntoView({ block: 'center' });
      target.focus();
    },
  };
}

function linesOf({ value }) {
  return value.split('\n').filter(Boolean);
}
