// Ctrl/Cmd+K: one field for everything that the page can do and everywhere it can go.
// A combobox with a list, as WAI-ARIA has them: the focus stays in the field.

import { onKey } from '../shell/input-method.js';
import { IS_APPLE } from '../shell/keys.js';
import { own } from '../shell/own-text.js';
import { commandsOfPage, hasModelMenu } from './commands.js';
import { fit } from './matching.js';

const PAUSE_MS = 150;
const MOST = 30;
const MOST_RECENT = 5;
const MOST_REMEMBERED = 20;
const MEMORY = 'palette-recent';
const KINDS = {
  action: 'On this page',
  page: 'Go to',
  template: 'Templates',
  prompt: 'Prompts',
  model: 'Models',
  site: 'Everywhere',
};
const LABELS = { page: 'page', template: 'template', prompt: 'prompt', model: 'model' };

export function startPalette() {
  const dialog = document.getElementById('palette');
  const palette = new Palette(dialog);
  onKey(
    document,
    (event) => {
      const { key, altKey, shiftKey } = event;
      const isModified = IS_APPLE ? event.metaKey : event.ctrlKey;
      if (!isModified || altKey || shiftKey || key.toLowerCase() !== 'k') return;
      event.preventDefault();
      event.stopPropagation();
      if (dialog.open) dialog.close();
      else if (!document.querySelector('dialog[open]')) palette.open();
    },
    { capture: true },
  );
  document.addEventListener('click', ({ target }) => {
    if (target.closest('[data-opens=palette]')) palette.open();
  });
}

class Palette {
  #dialog;
  #input;
  #list;
  #none;
  #said;
  // What the server knows of: the answer to the latest question.
  #found = [];
  #shown = [];
  #drawn = '';
  #current = 0;
  #timer = 0;
  #asking = new AbortController();

  constructor(dialog) {
    this.#dialog = dialog;
    this.#input = dialog.querySelector('input');
    this.#list = document.getElementById('palette-list');
    this.#none = document.getElementById('palette-none');
    this.#said = document.getElementById('palette-said');
    this.#input.addEventListener('input', (event) => {
      // What is looked for is no edit of the page.
      event.stopPropagation();
      this.#current = 0;
      this.#draw();
      this.#askSoon();
    });
    onKey(this.#input, (event) => this.#pressed(event));
    this.#list.addEventListener('click', (event) => this.#chosen(event));
    this.#list.addEventListener('pointermove', ({ target }) => {
      const option = target.closest('[role=option]');
      if (option) this.#mark(this.#options.indexOf(option));
    });
    dialog.addEventListener('click', ({ target }) => {
      if (target === dialog) dialog.close();
    });
    dialog.addEventListener('close', () => {
      clearTimeout(this.#timer);
      this.#asking.abort();
    });
    // A run ends, a panel is drawn anew: what can be pressed has changed.
    document.addEventListener('htmx:afterSettle', () => dialog.open && this.#draw());
  }

  open() {
    this.#input.value = '';
    this.#current = 0;
    this.#drawn = '';
    this.#dialog.showModal();
    this.#draw();
    this.#ask();
  }

  get #options() {
    return [...this.#list.querySelectorAll('[role=option]')];
  }

  #askSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), PAUSE_MS);
  }

  async #ask() {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const words = this.#input.value;
    const address = `${this.#dialog.dataset.url}?q=${encodeURIComponent(words)}`;
    try {
      const answer = await fetch(address, { signal, headers: { Accept: 'application/json' } });
      if (!answer.ok) return;
      this.#found = commandsOf(await answer.json(), words);
      this.#draw();
    } catch {
      // Asked again by then, or the server is away: what the page itself has stays.
    }
  }

  #draw() {
    const query = this.#input.value.trim();
    const all = [...commandsOfPage(), ...this.#found];
    const groups = query ? [['', best(all, query)]] : grouped(all);
    const kept = this.#shown[this.#current]?.id;
    const shown = groups.flatMap(([, commands]) => commands);
    const drawn = JSON.stringify([query, shown.map(({ id, name }) => [id, name])]);
    this.#shown = shown;
    if (drawn === this.#drawn) return;
    // An answer that comes late does not move what was chosen by then.
    const at = this.#current > 0 ? shown.findIndex(({ id }) => id === kept) : 0;
    this.#drawn = drawn;
    let number = 0;
    const next = () => {
      number += 1;
      return `palette-option-${number}`;
    };
    this.#list.replaceChildren(...groups.map(([name, some]) => group(name, some, next)));
    this.#none.hidden = shown.length > 0;
    this.#list.hidden = shown.length === 0;
    this.#input.setAttribute('aria-expanded', String(shown.length > 0));
    this.#mark(Math.max(at, 0));
    this.#say(shown.length);
  }

  #say(count) {
    const text = count ? `${count} result${count > 1 ? 's' : ''}` : this.#none.textContent.trim();
    if (this.#said.textContent !== text) this.#said.textContent = text;
  }

  #mark(at) {
    const options = this.#options;
    this.#current = at;
    for (const [place, option] of options.entries())
      option.setAttribute('aria-selected', String(place === at));
    const option = options[at];
    if (option) this.#input.setAttribute('aria-activedescendant', option.id);
    else this.#input.removeAttribute('aria-activedescendant');
    return option;
  }

  #pressed(event) {
    const { length } = this.#shown;
    const to = {
      ArrowDown: (this.#current + 1) % length,
      ArrowUp: (this.#current - 1 + length) % length,
      PageDown: Math.min(this.#current + 8, length - 1),
      PageUp: Math.max(this.#current - 8, 0),
    }[event.key];
    if (event.key === 'Enter') {
      event.preventDefault();
      event.stopPropagation();
      this.#options[this.#current]?.click();
    } else if (to !== undefined) {
      event.preventDefault();
      if (length > 0) this.#mark(to).scrollIntoView({ block: 'nearest' });
    }
  }

  #chosen(event) {
    const command = this.#shown[this.#options.indexOf(event.target.closest('[role=option]'))];
    if (!command) return;
    remember(command.id);
    // A link that opens in another tab leaves this one as it is.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    this.#dialog.close();
    command.press?.();
  }
}

function commandsOf({ templates, models, prompts }, words) {
  const link = (kind, icon) => (entry) => ({ id: `${kind}:${entry.key}`, kind, icon, ...entry });
  return [
    ...templates.map(link('template')).map(withModel),
    // What the server found by words of the text fits, whatever its title.
    ...prompts.map(link('prompt', 'edit')).map((one) => ({ ...one, foundBy: words.trim() })),
    ...(hasModelMenu() ? [] : models.map(link('model', 'sliders'))),
  ];
}

// The page's own link to a template keeps the model that is chosen.
function withModel(command) {
  const link = document.querySelector(`a[data-testid=template-${command.key}]`);
  return link ? { ...command, address: link.href } : command;
}

// The better it fits the earlier; among equals what was used last.
function best(commands, query) {
  const recent = remembered();
  const rank = ({ id }) => (recent.includes(id) ? recent.indexOf(id) : recent.length);
  return commands
    .map((command) => ({
      command,
      value: fit(query, command.name) || (command.foundBy === query ? 0.5 : 0),
    }))
    .filter(({ value }) => value > 0)
    .sort((one, other) => other.value - one.value || rank(one.command) - rank(other.command))
    .slice(0, MOST)
    .map(({ command }) => command);
}

function grouped(commands) {
  const recent = remembered()
    .map((id) => commands.find((command) => command.id === id))
    .filter(Boolean)
    .slice(0, MOST_RECENT);
  const rest = commands.filter((command) => !recent.includes(command));
  const groups = Object.entries(KINDS).map(([kind, name]) => [
    name,
    rest.filter((command) => command.kind === kind),
  ]);
  return [['Recent', recent], ...groups].filter(([, some]) => some.length > 0);
}

function group(name, commands, nextId) {
  const box = document.createElement('div');
  const options = commands.map((command) => option(command, nextId(), !name));
  if (name) {
    const title = document.createElement('p');
    title.className = 'column-title';
    title.id = `palette-group-${name.toLowerCase().replaceAll(' ', '-')}`;
    title.textContent = name;
    // In a list stand options and groups of them alone.
    title.setAttribute('role', 'presentation');
    box.setAttribute('role', 'group');
    box.setAttribute('aria-labelledby', title.id);
    box.append(title);
  } else {
    box.setAttribute('role', 'presentation');
  }
  box.append(...options);
  return box;
}

function option(command, id, hasKind) {
  const element = document.createElement(command.address ? 'a' : 'button');
  if (command.address) element.href = command.address;
  else element.type = 'button';
  element.id = id;
  element.className = 'palette-option';
  element.tabIndex = -1;
  element.setAttribute('role', 'option');
  const name = document.createElement('span');
  name.className = 'palette-name';
  name.textContent = command.name;
  if (command.kind === 'prompt' || command.kind === 'model') own(name);
  element.append(iconOf(command.icon), name);
  const note = (hasKind && LABELS[command.kind]) || (!hasKind && command.template);
  if (note) element.append(small('span', 'palette-kind', note));
  if (command.keys) element.append(small('kbd', '', command.keys));
  return element;
}

function small(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.textContent = text;
  return element;
}

function iconOf(name) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(ns, 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

// What was used last stands first. The browser remembers it; it is nobody else's.
function remembered() {
  try {
    const ids = JSON.parse(localStorage.getItem(MEMORY) ?? '[]');
    return Array.isArray(ids) ? ids : [];
  } catch {
    return [];
  }
}

function remember(id) {
  try {
    const ids = [id, ...remembered().filter((one) => one !== id)].slice(0, MOST_REMEMBERED);
    localStorage.setItem(MEMORY, JSON.stringify(ids));
  } catch {
    // Storage is refused: nothing is remembered.
  }
}
