// Stop sequences as chips over the text field that is posted: one a line, with
// \n written for a line break.

import { icon } from '../shell/icon.js';
import { onKey } from '../shell/input-method.js';
import { markOwnText } from '../shell/own-text.js';

// playground/checkpoints/tokenizer_files.py has the same.
const END_OF_TEXT = '<|endoftext|>';

export class StopChips {
  #box;
  #add;

  constructor(box, input) {
    this.#box = box;
    this.input = input;
    this.#add = document.createElement('input');
    this.#add.className = 'chip-input';
    this.#add.dir = 'auto';
    this.#add.placeholder = 'add…';
    this.#add.setAttribute('aria-label', 'Add a stop sequence; \\n is a line break');
    onKey(this.#add, (event) => {
      if (event.key === 'Enter') this.#take();
      else if (event.key === 'Backspace' && !this.#add.value) this.#remove(this.#lines.length - 1);
    });
    this.#add.addEventListener('blur', () => this.#take());
    // A hint's fix writes into the field itself.
    this.input.addEventListener('input', () => this.#draw());
    this.#draw();
  }

  get changed() {
    return this.input.value !== this.input.dataset.default;
  }

  reset() {
    this.#set(this.input.dataset.default.split('\n').filter(Boolean));
  }

  get #lines() {
    return this.input.value.split('\n').filter(Boolean);
  }

  #take() {
    const line = this.#add.value;
    if (!line) return;
    const hadFocus = document.activeElement === this.#add;
    this.#add.value = '';
    this.#set([...new Set([...this.#lines, line])]);
    if (hadFocus) this.#add.focus();
  }

  #remove(index) {
    const lines = this.#lines;
    if (!(index in lines)) return;
    lines.splice(index, 1);
    this.#set(lines);
    this.#add.focus();
  }

  #set(lines) {
    this.input.value = lines.join('\n');
    this.input.dispatchEvent(new Event('input', { bubbles: true }));
  }

  #draw() {
    // templates/workbench/_stops.html says why.
    document.getElementById('stop-note').hidden = !this.input.value.includes(END_OF_TEXT);
    this.#box.replaceChildren(
      ...this.#lines.map((line, index) => this.#chip(line, index)),
      this.#add,
    );
  }

  #chip(line, index) {
    const chip = document.createElement('span');
    chip.className = 'chip';
    const text = document.createElement('span');
    text.append(...withVisibleEdges(line));
    markOwnText(text);
    const remove = document.createElement('button');
    remove.type = 'button';
    remove.className = 'chip-remove';
    remove.setAttribute('aria-label', `Remove ${line.trim() ? line : spaces(line)}`);
    remove.append(icon('close'));
    remove.addEventListener('click', () => this.#remove(index));
    chip.append(text, remove);
    return chip;
  }
}

// Spaces at the ends of a sequence count, so they are made visible.
function withVisibleEdges(line) {
  const inner = line.trim();
  const start = inner ? line.indexOf(inner) : line.length;
  return [edge(line.slice(0, start)), inner, edge(line.slice(start + inner.length))].filter(
    Boolean,
  );
}

function edge(blanks) {
  if (!blanks) return null;
  const span = document.createElement('span');
  span.className = 'chip-edge';
  span.dataset.drawn = '␣'.repeat(blanks.length);
  const text = document.createElement('span');
  text.className = 'sr-only';
  text.textContent = blanks.length > 1 ? spaces(blanks) : 'space';
  span.append(text);
  return span;
}

function spaces(blanks) {
  return blanks.length > 1 ? `${blanks.length} spaces` : 'one space';
}
