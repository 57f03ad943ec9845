// "Show for the prompt": how likely the page's model finds each token of what would be sent.
import { countScores, showScores } from '../box/score-marks.js';
import { smallestChange } from '../box/smallest-change.js';
import { markedRanges } from '../document/marks.js';
import { announce } from '../shell/announcer.js';
import { scoredPieces, summaryOf } from '../tokens/scored-pieces.js';
import { scorePrompt } from '../tokens/scoring.js';
import { areProbabilitiesShown } from '../tokens/showing.js';
import { chosenModel } from '../tokens/splitting.js';

const SHOW = 'Show for the prompt';
const HIDE = 'Hide for the prompt';
const CANCEL = 'Cancel';
const WORKING = 'Computing…';

export function startPromptScores(editor) {
  new PromptScores(editor);
}

class PromptScores {
  #editor;
  #button = document.getElementById('score-prompt');
  #note = document.getElementById('score-note');
  #asking = null;
  // How many marks were drawn of the prompt, and what is said of it; 0 while none are shown.
  #drawn = 0;
  #summary = '';

  constructor(editor) {
    this.#editor = editor;
    this.#button.addEventListener('click', () => this.#press());
    editor.onText(() => this.#takeEdit());
    // The text stays as it is, but another one is sent.
    editor.form.addEventListener('input', ({ target }) => {
      if (target.closest('#variables')) showScores(editor.view, []);
      this.#takeEdit();
    });
    document.addEventListener('change', ({ target }) => {
      // The model menu is outside the form's element.
      if (target.name === 'model') this.#clear();
    });
  }

  #press() {
    if (this.#asking || this.#drawn > 0) this.#clear();
    else this.#ask();
  }

  #clear() {
    this.#asking?.abort();
    this.#asking = null;
    this.#drawn = 0;
    showScores(this.#editor.view, []);
    this.#show(SHOW, '');
  }

  async #ask() {
    const { form, edition } = this.#editor;
    const body = new FormData(form);
    const model = chosenModel();
    body.set('model', model);
    const asking = new AbortController();
    this.#asking = asking;
    this.#show(CANCEL, WORKING);
    try {
      const { signal } = asking;
      const onNote = (note) => this.#show(CANCEL, note || WORKING);
      const found = await scorePrompt(this.#button.dataset.scoreUrl, body, { signal, onNote });
      this.#showPrompt(found.text, edition);
      this.#draw(found, model);
    } catch (error) {
      if (asking.signal.aborted) return;
      this.#show(SHOW, error.message, { isError: true });
      announce(error.message);
    } finally {
      if (this.#asking === asking) this.#asking = null;
    }
  }

  // The finished prompt of a template has its own tab, and may be newer than its last preview.
  #showPrompt(text, edition) {
    const editor = this.#editor;
    if (editor.isFree) return;
    if (!editor.isDetached && editor.edition === edition) editor.setPrompt(text);
    editor.showTab('prompt');
  }

  #draw({ text, tokens, result }, model) {
    const { view } = this.#editor;
    // What was edited meanwhile, and all that is after it, has no probabilities any more.
    const end = smallestChange(text, this.#editor.text)?.from ?? text.length;
    const pieces = scoredPieces(tokens, result);
    const kept = withoutTaken(
      pieces.filter(({ to }) => to <= end),
      ratedRanges(view.state),
    );
    this.#summary = summaryOf(result);
    this.#drawn = end < text.length ? 0 : kept.length;
    showScores(view, kept, model);
    this.#show(this.#drawn > 0 ? HIDE : SHOW, this.#summary);
    announce(this.#summary);
  }

  // An edit took marks away: the rest stays, and the button asks for all of them again.
  #takeEdit() {
    if (this.#drawn === 0 || countScores(this.#editor.view.state) === this.#drawn) return;
    this.#drawn = 0;
    this.#show(SHOW, `${this.#summary} before the edit`);
  }

  #show(label, note, { isError = false } = {}) {
    this.#button.textContent = label;
    this.#note.textContent = note;
    this.#note.hidden = !note;
    this.#note.toggleAttribute('data-error', isError);
    this.#button
      .closest('.parameter')
      .toggleAttribute('data-scored', countScores(this.#editor.view.state) > 0);
  }
}

// The model's own tokens whose probabilities are shown already, as their run had them.
function ratedRanges(state) {
  if (!areProbabilitiesShown()) return [];
  return markedRanges(state).filter(({ token }) => token[2] !== undefined);
}

// Those of `pieces` that no range of `taken` overlaps; both are in their order.
function withoutTaken(pieces, taken) {
  let next = 0;
  return pieces.filter(({ from, to }) => {
    while (next < taken.length && taken[next].to <= from) next += 1;
    return next === taken.length || to <= taken[next].from;
  });
}
