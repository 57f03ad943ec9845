// Ctrl/Cmd+K: one field for all commands and links of the page. It is a combobox with a list, as
// WAI-ARIA describes it: the focus stays in the field.

import { onKey } from '../shell/input-method.js';
import { IS_APPLE } from '../shell/platform.js';
import { commandsOfPage } from './commands.js';
import { commandsOfAnswer } from './found-commands.js';
import { drawGroup } from './options.js';
import { groupByKind, rankByFit } from './ranking.js';
import { recentIds, rememberId } from './recent.js';
import { typedCommands } from './typed-commands.js';

const PAUSE_MS = 150;

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
  // The server's results: the answer to the latest query.
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
      // A query is not an edit of the page.
      event.stopPropagation();
      this.#current = 0;
      this.#draw();
      this.#askSoon();
    });
    onKey(this.#input, (event) => this.#press(event));
    this.#list.addEventListener('click', (event) => this.#choose(event));
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
    // When a run ends or a panel is drawn again, the commands change.
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
      this.#found = commandsOfAnswer(await answer.json(), words);
      this.#draw();
    } catch {
      // A newer query was sent, or the server is away: the page's own options stay.
    }
  }

  #draw() {
    const query = this.#input.value.trim();
    const all = [...commandsOfPage(), ...this.#found];
    const recent = recentIds();
    const { set, named } = typedCommands(query);
    const groups = query
      ? [['', [...set, ...rankByFit([...all, ...named], query, recent)]]]
      : groupByKind(all, recent);
    const kept = this.#shown[this.#current]?.id;
    const shown = groups.flatMap(([, commands]) => commands);
    const drawn = JSON.stringify([query, shown.map(({ id, name }) => [id, name])]);
    this.#shown = shown;
    if (drawn === this.#drawn) return;
    // A late answer does not move the current choice.
    const at = this.#current > 0 ? shown.findIndex(({ id }) => id === kept) : 0;
    this.#drawn = drawn;
    let number = 0;
    const next = () => {
      number += 1;
      return `palette-option-${number}`;
    };
    this.#list.replaceChildren(...groups.map(([name, some]) => drawGroup(name, some, next)));
    this.#none.hidden = shown.length > 0;
    document.getElementById('palette-query').textContent = query;
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

  #press(event) {
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

  #choose(event) {
    const command = this.#shown[this.#options.indexOf(event.target.closest('[role=option]'))];
    if (!command) return;
    rememberId(command.id);
    // A link that opens in another tab leaves this one as it is.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    this.#dialog.close();
    command.press?.();
  }
}
