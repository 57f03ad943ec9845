// One run's text, whether it is in the document or not.

export class Completion {
  tokens = [];
  isFinal = false;

  // lead and tail: the injected texts around it.
  constructor(run, { lead = '', family = run } = {}) {
    this.run = run;
    this.family = family;
    this.lead = lead;
    this.tail = '';
    // The document's text before it when it was made; null where nobody knows it.
    this.before = null;
    this.text = '';
    this.count = 0;
    // A person's version of it, from before it was removed from the document, or null.
    this.edited = null;
  }

  add(tokens) {
    const more = tokens.map(([, text]) => text).join('');
    this.text += more;
    this.tokens.push(...tokens);
    this.count += tokens.length;
    if (this.edited) this.edited = { ...this.edited, text: this.edited.text + more };
  }

  // Whether its text is known token by token.
  get hasTokens() {
    return this.tokens.length > 0 && this.tokens.every(([id]) => id !== null);
  }

  // The tokens of a text that came as a whole.
  learn(tokens) {
    if (tokens.map(([, text]) => text).join('') === this.text) this.tokens = tokens;
  }

  clear() {
    this.text = '';
    this.tokens = [];
    this.count = 0;
  }

  // The row decides; tokens that differ from it are dropped.
  settle(text, count) {
    this.isFinal = true;
    this.count = count;
    if (text === this.text) return;
    this.text = text;
    this.tokens = [];
  }

  // The parts as they should be in the document.
  get parts() {
    return this.edited ?? { lead: this.lead, text: this.text, tail: this.tail };
  }

  get length() {
    const { lead, text, tail } = this.parts;
    return lead.length + text.length + tail.length;
  }

  // Remembers the document's text if it differs from the model's.
  keep(parts) {
    const isAsCame =
      parts.lead === this.lead && parts.text === this.text && parts.tail === this.tail;
    this.edited = isAsCame ? null : parts;
  }
}
