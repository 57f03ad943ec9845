// Token bias: texts whose tokens become likelier or less likely, over the text field that is posted.
import { announce } from '../shell/announcer.js';
import { onKey } from '../shell/input-method.js';
import { chosenModel, splitTexts } from '../tokens/splitting.js';
import { TokenTexts } from '../tokens/token-texts.js';
import { readBiases, suggest, writeBiases } from './bias-lines.js';
import { BiasRow, partsOf, tellTokens } from './bias-row.js';

const DELAY_MS = 150;
const MOST_SHOWN = 4;
// The server splits so many texts at a time.
const MOST_TEXTS = 8;
// What most people want first: the token never comes.
const FIRST = -100;

export class TokenBias {
  #box = document.getElementById('token-bias');
  #typed = document.getElementById('bias-typed');
  #choices = document.getElementById('bias-choices');
  #list = document.getElementById('bias-rows');
  #rows = [];
  #timer = 0;
  #asking = null;
  #texts = new TokenTexts(document.getElementById('paper').dataset.tokensUrl);

  constructor() {
    this.input = document.getElementById('parameter-token_bias');
    this.#typed.addEventListener('input', () => this.#suggestSoon());
    onKey(this.#typed, (event) => {
      if (event.key !== 'Enter') return;
      // Enter runs nothing here.
      event.preventDefault();
      this.#takeFirst();
    });
    document.addEventListener('change', ({ target }) => {
      if (target.name === 'model') this.#renew();
    });
    this.#box.addEventListener('toggle', () => this.#renew());
    // A preset or a command writes into the field itself.
    this.input.addEventListener('input', () => {
      if (this.input.value !== this.#written) this.#read();
    });
    this.#read();
  }

  get isChanged() {
    return this.#rows.length > 0;
  }

  reset() {
    this.input.value = '';
    this.#read();
  }

  get #written() {
    return writeBiases(this.#rows.map((row) => row.bias));
  }

  #read() {
    this.#rows = readBiases(this.input.value).map((bias) => this.#rowOf(bias));
    if (this.#rows.length > 0) this.#box.open = true;
    this.#draw();
  }

  #rowOf(bias) {
    return new BiasRow(bias, {
      change: () => this.#write(),
      remove: (row) => this.#remove(row),
    });
  }

  #draw() {
    this.#list.replaceChildren(...this.#rows.map((row) => row.dom));
    this.#list.hidden = this.#rows.length === 0;
    document.getElementById('bias-count').textContent = this.#rows.length || '';
    this.#renew();
  }

  #write() {
    this.input.value = this.#written;
    this.input.dispatchEvent(new Event('input', { bubbles: true }));
  }

  #remove(row) {
    const at = this.#rows.indexOf(row);
    this.#rows.splice(at, 1);
    this.#draw();
    this.#write();
    announce(`Removed ${row.name}.`);
    (this.#rows[Math.min(at, this.#rows.length - 1)] ?? this.#typed).focus();
  }

  #add(text) {
    this.#typed.value = '';
    this.#choices.replaceChildren();
    const known = this.#rows.find((row) => row.bias.text === text);
    const row = known ?? this.#rowOf({ text, bias: FIRST });
    if (!known) {
      this.#rows.push(row);
      this.#draw();
      this.#write();
      announce(`Added ${row.name}, ${FIRST}.`);
    }
    row.focus();
  }

  #takeFirst() {
    const [text] = suggest(this.#typed.value);
    if (text) this.#add(text);
  }

  #suggestSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#suggest(), DELAY_MS);
  }

  async #suggest() {
    this.#asking?.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const texts = suggest(this.#typed.value).slice(0, MOST_TEXTS);
    const found = texts.length > 0 ? await splitTexts(texts, { signal }) : [];
    if (signal.aborted || !found) return;
    const choices = texts.map((text, at) => ({ text, tokens: found[at], at }));
    // What was typed is always among them; the others are there to be chosen as one token.
    const shown = choices.filter(({ tokens, at }) => at < 2 || tokens.length === 1);
    this.#choices.replaceChildren(
      ...shown.slice(0, MOST_SHOWN).map(({ text, tokens }) => this.#choice(text, tokens)),
    );
  }

  #choice(text, tokens) {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'bias-choice';
    const words = document.createElement('span');
    words.className = 'bias-text';
    words.append(...partsOf(text, tokens));
    const detail = document.createElement('span');
    detail.className = 'bias-detail';
    detail.textContent = tokens.length === 1 ? tellTokens(tokens) : `${tokens.length} tokens`;
    button.append(words, ' ', detail);
    button.addEventListener('click', () => this.#add(text));
    item.append(button);
    return item;
  }

  // What the rows mean for the model that is chosen now.
  async #renew() {
    if (!this.#box.open || this.#rows.length === 0) return;
    const named = this.#rows.filter(({ bias }) => bias.text !== undefined);
    const numbered = this.#rows.filter(({ bias }) => bias.text === undefined);
    for (let at = 0; at < named.length; at += MOST_TEXTS) {
      const rows = named.slice(at, at + MOST_TEXTS);
      const found = await splitTexts(rows.map(({ bias }) => bias.text));
      for (const [index, row] of rows.entries()) row.show(found?.[index] ?? null);
    }
    if (numbered.length === 0) return;
    const model = chosenModel();
    const ids = numbered.map(({ bias }) => bias.id);
    const texts = await this.#texts.of(model, ids.slice(0, 64));
    for (const row of numbered) row.show(null, texts.get(row.bias.id) ?? '');
  }
}
