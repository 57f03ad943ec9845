// Where the completion is on the page. In the prompt's tab it goes on in the prompt's text, as long
// as that is still the text it continues. In the free page's document it is a part of the text.
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
    this.setStale(this.#isStale && !isNewRun);
  }

  // Stale: the prompt was edited since the run was made.
  setStale(isStale) {
    const { element, run, kind } = this.#panel;
    this.#isStale = Boolean(isStale && run && !this.#editor.document?.has(element));
    const note = element.querySelector('#stale-note');
    // In a chat the next message is not a change of what was said.
    note.hidden = !this.#isStale || kind === 'bubble';
    this.#place();
  }

  #place() {
    const { element, run, output, home } = this.#panel;
    const { document: free, inline, tab, card } = this.#editor;
    const isInline = free ? !run || free.has(element) : tab === 'prompt' && !this.#isStale;
    const place = isInline && !free ? inline : home;
    if (output.parentElement !== place) place.append(output);
    this.#panel.showCursor();
    card.toggleAttribute('data-inline', isInline);
  }

  // The panel is about to be replaced; its text goes with it.
  clear() {
    this.#editor.inline?.replaceChildren();
  }
}
