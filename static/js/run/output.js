// Appends generated text, one change a beat, in blocks that a browser can lay
// out on their own: a block that has about 200 tokens ends at its next newline.

import { Beat } from '../tokens/beat.js';
import { likelihood } from '../tokens/likelihood.js';
import { areTokensShown } from '../tokens/showing.js';

const TOKENS_A_BLOCK = 200;

// The token of an element that represents one, and its position in the run, from 1.
export const tokenOf = new WeakMap();
export const positionOf = new WeakMap();

export class Output {
  #element;
  #tail;
  #tokens = 0;
  #pending = [];
  #beat = new Beat(() => this.#flush());
  #onChange;
  // Whether tokens are separate elements where they have a probability or their borders are shown.
  #isMarked;
  #marked = [];
  #position = 0;
  // Whether the pending tokens replace what is shown.
  #isOver = false;

  // onChange() is called after each change of the text.
  constructor(element, { onChange, isMarked = false } = {}) {
    this.#element = element;
    this.#onChange = onChange;
    this.#isMarked = isMarked;
    const last = element.querySelector('.body')?.lastChild;
    this.#tail = last instanceof Text ? last : null;
  }

  // tokens: [id, text] or [id, text, logprob, top].
  append(tokens) {
    this.#pending.push(...tokens);
    this.#beat.ask();
    // A page in the background draws no frames, and its text must not pile up.
    if (document.hidden) this.flush();
  }

  // The text from the server gives way to its tokens with the next flush.
  replace(tokens) {
    this.#pending = tokens;
    this.#isOver = true;
  }

  clear() {
    this.#beat.cancel();
    this.#pending = [];
    this.#isOver = false;
    this.#tokens = 0;
    this.#tail = null;
    this.#marked = [];
    this.#position = 0;
    this.#element.replaceChildren();
  }

  flush() {
    this.#beat.cancel();
    this.#flush();
  }

  #flush() {
    if (this.#pending.length === 0) return;
    const pending = this.#pending;
    if (this.#isOver) this.clear();
    this.#pending = [];
    if (this.#isMarked && (pending[0].length > 2 || areTokensShown())) this.#markAll(pending);
    else this.#writeAll(pending);
    this.#onChange?.();
  }

  #writeAll(tokens) {
    let text = '';
    for (const [, piece] of tokens) {
      text += piece;
      this.#tokens += 1;
      if (this.#tokens >= TOKENS_A_BLOCK && piece.includes('\n')) {
        const end = text.lastIndexOf('\n') + 1;
        this.#write(text.slice(0, end));
        this.#startBlock();
        text = text.slice(end);
      }
    }
    this.#write(text);
  }

  #markAll(tokens) {
    for (const token of tokens) {
      const [, text, logprob] = token;
      this.#position += 1;
      const shown = this.#marked.length > 0 || this.#tail ? text : this.#writeLead(text);
      if (shown) this.#mark(shown, token, logprob);
      this.#tokens += 1;
      if (this.#tokens >= TOKENS_A_BLOCK && text.includes('\n')) this.#startMarkedBlock();
    }
  }

  #mark(text, token, logprob) {
    const span = document.createElement('span');
    span.className = logprob === undefined ? 'token' : `token token-${likelihood(logprob)}`;
    span.classList.toggle('even-token', this.#position % 2 === 0);
    span.textContent = text;
    tokenOf.set(span, token);
    positionOf.set(span, this.#position);
    this.#marked.push(span);
    this.#part('body').append(span);
  }

  #startMarkedBlock() {
    const block = document.createElement('span');
    block.className = 'block';
    this.#marked[0].before(block);
    block.append(...this.#marked);
    this.#marked = [];
    this.#tokens = 0;
  }

  #write(written) {
    const text = this.#tail ? written : this.#writeLead(written);
    if (!text) return;
    if (this.#tail instanceof Text) {
      this.#tail.appendData(text);
      return;
    }
    this.#tail = document.createTextNode(text);
    this.#part('body').append(this.#tail);
  }

  // White space before the first word is separate: it is hidden where the text is shown alone, and
  // visible where the text continues the prompt.
  #writeLead(text) {
    const body = text.trimStart();
    const space = text.slice(0, text.length - body.length);
    if (!space || this.#element.querySelector('.body')) return text;
    this.#part('lead').append(space);
    return body;
  }

  #part(name) {
    const found = this.#element.querySelector(`.${name}`);
    if (found) return found;
    const part = document.createElement('span');
    part.className = name;
    this.#element.append(part);
    return part;
  }

  // The text so far becomes a block; new text goes after it.
  #startBlock() {
    const block = document.createElement('span');
    block.className = 'block';
    this.#tail.replaceWith(block);
    block.append(this.#tail);
    this.#tail = null;
    this.#tokens = 0;
  }
}
