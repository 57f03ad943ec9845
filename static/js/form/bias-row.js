// One bias: the token, its number, a slider and a button that removes it.
import { icon } from '../shell/icon.js';
import { markOwnText } from '../shell/own-text.js';
import { drawSpaces } from '../tokens/visible-text.js';
import { MOST, readBias } from './bias-lines.js';
import { place } from './numbers.js';

export class BiasRow {
  #bias;
  #name;
  #detail;
  #number;
  #slider;

  // change(): its number is another one; remove(): it goes.
  constructor(bias, { change, remove }) {
    this.#bias = bias;
    this.dom = document.createElement('li');
    this.dom.className = 'bias';
    this.#name = document.createElement('span');
    this.#name.className = 'bias-text';
    this.#detail = document.createElement('span');
    this.#detail.className = 'bias-detail';
    this.#number = numberInput();
    this.#slider = slider();
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'icon-button bias-remove';
    button.append(icon('close'));
    button.addEventListener('click', () => remove(this));
    const words = document.createElement('span');
    words.className = 'bias-words';
    words.append(this.#name, this.#detail);
    this.dom.append(words, this.#number, button, this.#slider);
    this.#slider.addEventListener('input', () => this.#set(Number(this.#slider.value), change));
    this.#number.addEventListener('change', () => this.#set(readBias(this.#number.value), change));
    this.#number.addEventListener('focus', () => this.#number.select());
    this.show(null);
    this.#draw();
  }

  get bias() {
    return this.#bias;
  }

  get name() {
    return this.#bias.text === undefined ? `token ${this.#bias.id}` : drawSpaces(this.#bias.text);
  }

  focus() {
    this.#number.focus();
  }

  // tokens: [id, start, end] of its text, or null while they are unknown. textOfId: of one that is
  // named by its id.
  show(tokens, textOfId) {
    const { text, id } = this.#bias;
    if (text === undefined) {
      this.#name.replaceChildren(textOfId ? part(textOfId) : `token ${id}`);
      this.#detail.textContent =
        textOfId === undefined ? '' : textOfId ? `id ${id}` : 'not in this model';
    } else {
      this.#name.replaceChildren(...partsOf(text, tokens ?? []));
      this.#detail.textContent = tellTokens(tokens);
    }
    this.#number.ariaLabel = `Bias of ${this.name}`;
    this.#slider.ariaLabel = `Bias of ${this.name}, slider`;
    this.dom.querySelector('button').ariaLabel = `Remove ${this.name}`;
  }

  #set(value, change) {
    if (!Number.isNaN(value)) this.#bias = { ...this.#bias, bias: Math.round(value * 100) / 100 };
    this.#draw();
    change();
  }

  #draw() {
    const { bias } = this.#bias;
    this.#number.value = String(bias);
    this.#slider.value = String(bias);
    const share = (bias + MOST) / (2 * MOST);
    this.#slider.style.setProperty('--from', place(Math.min(0.5, share)));
    this.#slider.style.setProperty('--fill', place(Math.max(0.5, share)));
  }
}

// "id 2749", or how many tokens get the bias.
export function tellTokens(tokens) {
  if (!tokens) return '';
  return tokens.length === 1 ? `id ${tokens[0][0]}` : `each of ${tokens.length} tokens`;
}

// A text with the borders of its tokens.
export function partsOf(text, tokens) {
  const ends = [...new Set(tokens.map(([, , end]) => end))];
  if (ends.length < 2) return [part(text)];
  return ends.map((end, at) => part(text.slice(at ? ends[at - 1] : 0, end)));
}

function part(text) {
  const span = document.createElement('span');
  span.className = 'bias-part';
  markOwnText(span);
  span.textContent = drawSpaces(text);
  return span;
}

function numberInput() {
  const input = document.createElement('input');
  input.type = 'text';
  input.inputMode = 'decimal';
  input.className = 'number bias-number';
  return input;
}

function slider() {
  const input = document.createElement('input');
  input.type = 'range';
  input.className = 'slider';
  input.min = String(-MOST);
  input.max = String(MOST);
  input.step = '1';
  return input;
}
