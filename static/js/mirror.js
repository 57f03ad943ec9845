// Draws what lies behind the raw prompt's textarea: the same text, with the
// words that begin a line ("English:") faint. Text nodes only.

export class Mirror {
  #element;
  #pattern;

  constructor(element, labels) {
    this.#element = element;
    const words = labels
      .filter(Boolean)
      .map((label) => label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    this.#pattern = words.length > 0 ? new RegExp(`^(?:${words.join('|')}):`, 'gm') : null;
  }

  draw(text) {
    const parts = [];
    let end = 0;
    for (const match of this.#pattern ? text.matchAll(this.#pattern) : []) {
      parts.push(text.slice(end, match.index), label(match[0]));
      end = match.index + match[0].length;
    }
    parts.push(text.slice(end));
    this.#element.replaceChildren(...parts.filter((part) => part !== ''));
    // A last, empty line has a height only when something stands in it.
    if (text.endsWith('\n')) this.#element.append('\u200b');
  }
}

function label(text) {
  const span = document.createElement('span');
  span.className = 'prompt-label';
  span.textContent = text;
  return span;
}
