// The place of the completion on the page. In the prompt's tab it continues the prompt's text, as
// long as that text is unchanged. In the free page's document it is part of the text.
export class Placement {
  #editor;
  #panel = null;
  #isStale = false;

  constructor(editor) {
    this.#editor = editor;
    editor.onEdit(() => this.setStale(true));
    editor.onTab(() => this.#place());
  }

  attach(panel, { isNewRun }) {
    this.#panel = panel;
    this.setStale((this.#isStale && !isNewRun) || panel.isStale);
  }

  // Stale: the prompt was edited after the run was made.
  setStale(isStale) {
    const { element, run, kind } = this.#panel;
    this.#isStale = Boolean(isStale && run && !this.#editor.document?.has(element));
    const note = element.querySelector('#stale-note');
    // In a chat the next message does not change the earlier turns.
    note.hidden = !this.#isStale || kind === 'bubble';
    this.#place();
  }

  #place() {
    const { element, run, output, home, isBeside } = this.#panel;
    const { document: free, inline, tab, card } = this.#editor;
    const continues = free ? !run || free.has(element) : tab === 'prompt' && !this.#isStale;
    // Beside others it keeps its place among them.
    const isInline = continues && !isBeside;
    const place = isInline && !free ? inline : home;
    if (output.parentElement !== place) place.append(output);
    // An unfinished text cannot be continued yet; text in the prompt is already there.
    const append = element.querySelector('#append-output');
    if (append) append.hidden = continues || !this.#panel.isFinal;
    this.#panel.showCursor();
    card.toggleAttribute('data-inline', isInline);
  }

  // The panel is about to be replaced; its text goes with it.
  clear() {
    this.#editor.inline?.replaceChildren();
  }
}
