// The card of one token: its text, its likelihood, and what the text could go on with instead.
import { announce } from '../shell/announcer.js';
import { markOwnText } from '../shell/own-text.js';
import { percent } from './likelihood.js';
import { areTokensShown } from './showing.js';
import { TokenTexts } from './token-texts.js';
import { drawSpaces } from './visible-text.js';

const MAX_ALTERNATIVES = 5;
// The name of the token that ends a text: nothing can come after it.
const END = /^<\|endoftext\|>$/;
let texts = null;

export function inWords([id, text, logprob]) {
  const share = logprob === undefined ? '' : `: ${percent(logprob)}`;
  return `${drawSpaces(text)}${share}${areTokensShown() ? `, id ${id}` : ''}`;
}

export class TokenCard {
  // One a token, in the order of their likelihood.
  #buttons = [];
  #at = -1;
  #model;
  // The texts of the tokens by their ids, once they are there.
  #filled = Promise.resolve(new Map());

  // choose(id, text): goes on with another token; null where nothing can be chosen. model: whose
  // token it is, if it is not the panel's.
  constructor([id, text, logprob, top], choose, { model } = {}) {
    this.#model = model ?? document.getElementById('run-panel').dataset.model;
    this.dom = document.createElement('div');
    this.dom.className = 'token-card';
    this.dom.append(row(text, logprob, { isChosen: true }));
    if (areTokensShown()) this.dom.append(idLine([id]));
    const others = (top ?? []).filter(([other]) => other !== id).slice(0, MAX_ALTERNATIVES);
    if (others.length > 0) this.#addAlternatives(others, choose);
  }

  // Goes to another alternative, by 1 or -1, and says it.
  step(by) {
    const open = this.#buttons.filter((button) => !button.disabled);
    if (open.length === 0) return;
    const from = this.#at < 0 && by < 0 ? 0 : this.#at;
    this.#at = (from + by + open.length) % open.length;
    for (const button of this.#buttons)
      button.toggleAttribute('data-picked', button === open[this.#at]);
    const button = open[this.#at];
    this.#filled.then(() => announce(button.ariaLabel));
  }

  // Presses the alternative that the keys have gone to. False where they have gone to none.
  press() {
    const button = this.#buttons.find((one) => 'picked' in one.dataset);
    button?.click();
    return Boolean(button);
  }

  #addAlternatives(others, choose) {
    const title = document.createElement('p');
    title.className = 'token-title';
    title.textContent = choose ? 'Continue with' : 'Instead';
    const list = document.createElement('ul');
    list.setAttribute('aria-label', title.textContent);
    const rows = new Map();
    for (const [id, logprob] of others) {
      const item = document.createElement('li');
      const line = row('', logprob, { isButton: Boolean(choose) });
      if (choose) {
        this.#buttons.push(line);
        // A key may be quicker than the texts.
        line.addEventListener('click', async () => {
          const found = await this.#filled;
          if (!line.disabled) choose(id, found.get(id));
        });
      }
      item.append(line);
      rows.set(id, { line, share: percent(logprob) });
      list.append(item);
    }
    this.dom.append(title, list);
    this.#filled = this.#fillIn(rows, choose);
  }

  async #fillIn(rows, choose) {
    texts ??= new TokenTexts(document.getElementById('paper').dataset.tokensUrl);
    const found = await texts.of(this.#model, [...rows.keys()]);
    for (const [id, { line, share }] of rows) {
      const text = found.get(id);
      const isEnd = END.test(text);
      const shown = isEnd ? 'end of text' : text ? drawSpaces(text) : `token ${id}`;
      line.querySelector('.token-text').textContent = shown;
      if (!choose) continue;
      line.disabled = isEnd;
      line.ariaLabel = `Continue with ${shown}, ${share}`;
    }
    return found;
  }
}

function row(text, logprob, { isChosen = false, isButton = false } = {}) {
  const line = document.createElement(isButton ? 'button' : 'span');
  if (isButton) line.type = 'button';
  line.className = 'token-row';
  line.toggleAttribute('data-chosen', isChosen);
  const words = document.createElement('span');
  words.className = 'token-text';
  markOwnText(words);
  words.textContent = drawSpaces(text);
  const share = document.createElement('span');
  share.className = 'token-share';
  share.textContent = logprob === undefined ? '' : percent(logprob);
  line.append(words, share);
  return line;
}

// The card of a piece of a prompt: its text, the tokens that it is, and, where these are known, its
// likelihood and what the model expected instead. Parts of a character have one piece together.
export function pieceCard({ ids, text, logprob, top, model }) {
  if (logprob !== undefined && ids.length === 1)
    return new TokenCard([ids[0], text, logprob, top], null, { model }).dom;
  const dom = document.createElement('div');
  dom.className = 'token-card';
  dom.append(row(text, logprob, { isChosen: true }));
  if (areTokensShown()) dom.append(idLine(ids));
  return dom;
}

export function pieceInWords({ ids, text, logprob }) {
  const name = ids.length > 1 ? 'ids' : 'id';
  const share = logprob === undefined ? '' : `: ${percent(logprob)}`;
  return `${drawSpaces(text)}${share}${areTokensShown() ? `, ${name} ${ids.join(', ')}` : ''}`;
}

function idLine(ids) {
  const line = document.createElement('p');
  line.className = 'token-id';
  line.textContent = ids.length > 1 ? `ids ${ids.join(', ')}` : `id ${ids[0]}`;
  return line;
}
