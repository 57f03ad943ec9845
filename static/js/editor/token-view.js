// The view of tokens: borders in the prompt, as the model of the page reads it, and in the output.
import { showPieces } from '../box/token-pieces.js';
import { VARIABLE } from '../box/variable-pattern.js';
import { markedRanges } from '../document/marks.js';
import { MOST_CHARACTERS, splitTexts } from '../tokens/splitting.js';
import { piecesOf, segmentsOf } from './segments.js';

const KEY = 'show-tokens';
const DELAY_MS = 250;
// The server splits so many texts at a time.
const MOST_SEGMENTS = 64;
const TOO_LONG = 'The text is too long to show its tokens.';

export function startTokenView(editor) {
  new TokenView(editor);
}

class TokenView {
  #editor;
  #switch = document.getElementById(KEY);
  #note = document.getElementById(`${KEY}-note`);
  #timer = 0;
  #asking = null;

  constructor(editor) {
    this.#editor = editor;
    this.#switch.checked = localStorage.getItem(KEY) === 'yes';
    this.#switch.addEventListener('change', () => {
      localStorage.setItem(KEY, this.#switch.checked ? 'yes' : 'no');
      this.#turn();
    });
    editor.onText(() => this.#askSoon());
    editor.onTab(() => this.#askSoon());
    document.addEventListener('change', ({ target }) => {
      // The model menu is outside the form's element.
      if (target.name === 'model') this.#askSoon();
    });
    for (const type of ['token-view', 'tokens-known'])
      editor.card.addEventListener(type, () => this.#askSoon());
    if (this.#switch.checked) this.#turn();
  }

  #turn() {
    const { card, view } = this.#editor;
    card.toggleAttribute('data-token-view', this.#switch.checked);
    this.#tell('');
    if (!this.#switch.checked) {
      this.#asking?.abort();
      showPieces(view, []);
    }
    // The output has borders too.
    card.dispatchEvent(new Event('token-view'));
  }

  #askSoon() {
    clearTimeout(this.#timer);
    if (!this.#switch.checked) return;
    this.#timer = setTimeout(() => this.#ask(), DELAY_MS);
  }

  async #ask() {
    const { view, isFree, tab } = this.#editor;
    if (!this.#switch.checked || (!isFree && tab !== 'prompt')) return;
    const { state } = view;
    const text = state.doc.toString();
    // A variable is another text for the model, and the tokens of an output are known.
    const taken = [...markedRanges(state), ...variablesIn(text)];
    const segments = segmentsOf(text, taken);
    const isTooLong = text.length > MOST_CHARACTERS || segments.length > MOST_SEGMENTS;
    this.#tell(isTooLong ? TOO_LONG : '');
    if (isTooLong || segments.length === 0) {
      showPieces(view, []);
      return;
    }
    this.#asking?.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const found = await splitTexts(
      segments.map((segment) => segment.text),
      { signal },
    );
    // A change since then asks again.
    if (!found || signal.aborted || view.state.doc !== state.doc) return;
    showPieces(view, piecesOf(segments, found));
  }

  #tell(note) {
    this.#note.textContent = note;
    this.#note.hidden = !note;
  }
}

function variablesIn(text) {
  return [...text.matchAll(VARIABLE)].map(({ index, 0: { length } }) => ({
    from: index,
    to: index + length,
  }));
}
