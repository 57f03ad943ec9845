// Appends generated text, one change a frame, in blocks that a browser can lay
// out on their own: a block that has about 200 tokens ends at its next newline.

const TOKENS_A_BLOCK = 200;

export class Output {
  #element;
  #tail;
  #tokens = 0;
  #pending = [];
  #frame = 0;
  #appended;

  // appended() is called after each change of the text.
  constructor(element, { appended } = {}) {
    this.#element = element;
    this.#appended = appended;
    const last = element.querySelector('.body')?.lastChild;
    this.#tail = last instanceof Text ? last : null;
  }

  append(texts) {
    this.#pending.push(...texts);
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#flush());
    // A page in the background draws no frames; its text must not pile up.
    if (document.hidden) this.flush();
  }

  clear() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#pending = [];
    this.#tokens = 0;
    this.#tail = null;
    this.#element.replaceChildren();
  }

  flush() {
    cancelAnimationFrame(this.#frame);
    this.#flush();
  }

  #flush() {
    this.#frame = 0;
    if (this.#pending.length === 0) return;
    let text = '';
    for (const piece of this.#pending) {
      text += piece;
      this.#tokens += 1;
      if (this.#tokens >= TOKENS_A_BLOCK && piece.includes('\n')) {
        const end = text.lastIndexOf('\n') + 1;
        this.#write(text.slice(0, end));
        this.#startBlock();
        text = text.slice(end);
      }
    }
    this.#pending = [];
    this.#write(text);
    this.#appended?.();
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

  // White space before the first word stands apart: where the text is shown by
  // itself it is left out, where it goes on in the prompt it is not.
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

  // What was written so far becomes a block; the rest goes after it.
  #startBlock() {
    const block = document.createElement('span');
    block.className = 'block';
    this.#tail.replaceWith(block);
    block.append(this.#tail);
    this.#tail = null;
    this.#tokens = 0;
  }
}
