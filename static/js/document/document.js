// The free page's one document: the prompt, the models' texts in it, and the text after it.
import { EditorView, keymap } from '@codemirror/view';
import { createBox, tellInput, unseen } from '../box/codemirror.js';
import { askerOf } from '../panel/askers.js';
import { branch } from '../panel/branching.js';
import { Completion } from './completion.js';
import { Generations } from './generation.js';
import { currentRun, placesOf, show } from './places.js';
import { tokenPopups } from './token-popup.js';
import { undoButtons } from './undo.js';

const ASKERS = new Set(['run', 'sibling', 'page']);

export class FreeDocument {
  #textarea;
  #onGrow;
  #generations = new Generations();
  // The end of the text that the requested run uses; null for the whole text.
  #cut = null;
  // The run that the page opened with beside a text that has been changed since.
  #returned = null;
  // Runs that the server no longer has; their text may still be here.
  #gone = new Set();

  // onGrow() is called when a model's text was inserted or removed, and not by the person; onTurn()
  // when the document has another run's text after Undo or Redo.
  constructor(textarea, words, { onGrow, onTurn }) {
    this.#textarea = textarea;
    this.#onGrow = onGrow;
    const undo = undoButtons(this.#generations);
    this.view = createBox(textarea, {
      words,
      follow: this.#generations.follow,
      extensions: [
        keymap.of([{ key: 'Alt-Enter', run: () => this.#runHere() }]),
        this.#generations.extensions,
        tokenPopups((found, id, text) => this.#branch(found, id, text)),
        undo.extension,
        EditorView.updateListener.of((update) => {
          if (!update.transactions.some(isUndone)) return;
          tellInput(textarea);
          onTurn();
        }),
      ],
    });
    this.#generations.attach(this.view);
    undo.attach(this.view);
    this.#restore();
    textarea.form.addEventListener('formdata', ({ formData }) => this.#give(formData));
    textarea.form.addEventListener('htmx:configRequest', ({ detail }) => this.#ask(detail));
    this.#startButton();
  }

  // The run whose text is in the document: the panel shows it, and it is the next run's parent.
  // Null before the first one, and again once that is undone.
  get run() {
    const run = currentRun(this.view.state) ?? this.#returned;
    return this.#gone.has(run) ? null : run;
  }

  // The run was deleted elsewhere.
  forget(run) {
    this.#gone.add(run);
  }

  // Whether the run's text is in the document, or was until Undo removed it.
  has(panel) {
    return Boolean(panel?.dataset.run && this.#generations.placeOf(panel.dataset));
  }

  // The panel shows a run. asker: 'run' for a new one, 'sibling', 'page' for the run that the page
  // opened with; anything else is news about the document's run.
  attach(panel, asker) {
    const { run, family, status, restart } = panel.dataset;
    if (!run) return;
    const isFinal = panel.dataset.final === 'yes';
    const known = this.#generations.completion(run);
    const wasLive = known && !known.isFinal;
    if (known) this.#generations.catchUp(run, completionOf(panel));
    else this.#generations.add(completionOf(panel));
    const isReturned = asker === 'page' && 'returned' in panel.dataset;
    if (ASKERS.has(asker)) this.#show({ run, family }, asker, { isReturned });
    this.#generations.setWriting(run, !isFinal);
    if (!isFinal) return;
    this.#generations.finish(run, {
      text: panel.querySelector('#output').textContent,
      count: Number(panel.dataset.next) - 1,
      tail: status === 'succeeded' && !isReturned ? restart : '',
    });
    if (wasLive || asker === 'sibling') this.#onGrow();
  }

  // isReturned: the page opened with a text that may have the run's text in it.
  #show({ run, family }, asker, { isReturned }) {
    const completion = this.#generations.completion(run);
    const place = isReturned
      ? this.#generations.recalledPlace(completion)
      : this.#generations.placeOf({ run, family });
    if (place) this.#generations.swap(place, completion, { isStep: !isReturned });
    else if (isReturned) this.#returned = run;
    else this.#generations.begin(completion, { isStep: asker !== 'page' });
  }

  // The text goes on with another token than `found`: as a sibling of its run, or, where a person
  // has changed what is before it, as a new run of the document.
  #branch({ from, token }, id, text) {
    const source = this.#generations.sourceOf(from, token);
    if (source.isAsWritten) {
      branch(source.run, { position: source.position, token: id });
      return;
    }
    this.view.dispatch({
      changes: { from, to: source.end, insert: text },
      selection: { anchor: from + text.length },
      userEvent: 'input',
    });
    this.#runHere();
  }

  hasTokens(run) {
    return Boolean(this.#generations.completion(run)?.hasTokens);
  }

  // The tokens of a run whose text the page got as a whole.
  learnTokens(run, tokens) {
    this.#generations.completion(run)?.learn(tokens);
    this.markTokens();
  }

  // Marks all tokens: their borders are to be seen from now on.
  markTokens() {
    this.#generations.markAll();
  }

  append(run, tokens) {
    this.#generations.append(run, tokens);
  }

  flush() {
    this.#generations.flush();
  }

  restart(run) {
    this.#generations.restart(run);
  }

  // The run is deleted, so no more text will come.
  stopWriting(run) {
    this.#generations.flush();
    this.#generations.setWriting(run, false);
  }

  // A run's page has the prompt, and the text after the place of the run.
  #restore() {
    const behind = this.#textarea.form.elements.namedItem('behind').value;
    const made = this.#textarea.form.elements.namedItem('made').value;
    const { length } = this.view.state.doc;
    if (made) this.#generations.recall(rangesWithin(JSON.parse(made), length));
    if (behind)
      this.view.dispatch({ changes: { from: length, insert: behind }, annotations: unseen });
    this.#generations.expectAt(length);
  }

  #give(formData) {
    formData.set('parent', this.run ?? '');
    formData.set('behind', '');
    formData.set('made', JSON.stringify(this.#made(this.view.state.doc.length)));
  }

  #ask({ elt, parameters }) {
    if (askerOf(elt.id) !== 'run') return;
    const { doc } = this.view.state;
    const at = this.#cut ?? doc.length;
    this.#cut = null;
    parameters.prompt = doc.sliceString(0, at);
    parameters.behind = doc.sliceString(at);
    parameters.made = JSON.stringify(this.#made(at));
    this.#generations.expectAt(at);
  }

  #made(end) {
    return placesOf(this.view.state)
      .filter((place) => place.start < place.end && place.end <= end)
      .map((place) => [place.start, place.end])
      .sort(([one], [other]) => one - other);
  }

  #startButton() {
    const button = document.getElementById('run-here');
    const show = () => {
      const { doc, selection } = this.view.state;
      button.hidden = selection.main.head === doc.length || selection.main.head === 0;
    };
    this.view.dom.addEventListener('focusin', show);
    document.addEventListener('selectionchange', show);
    button.addEventListener('click', () => {
      this.#runHere();
      this.view.focus();
    });
  }

  #runHere() {
    this.#cut = this.view.state.selection.main.head;
    document.getElementById('run').click();
    return true;
  }
}

// Undoing or redoing a generation is an edit by the person.
function isUndone(transaction) {
  const isStep = transaction.isUserEvent('undo') || transaction.isUserEvent('redo');
  return isStep && transaction.effects.some((effect) => effect.is(show));
}

function completionOf({ dataset }) {
  const { run, family, start, tokens } = dataset;
  const completion = new Completion(run, { lead: start, family });
  if (tokens) completion.add(JSON.parse(tokens));
  else completion.add(textTokens(document.getElementById('output').textContent));
  completion.count = Number(dataset.next) - 1;
  return completion;
}

// A run without probabilities: its text counts as one token.
function textTokens(text) {
  return text ? [[null, text]] : [];
}

// Ranges within the text; a changed text may be shorter.
function rangesWithin(ranges, length) {
  return ranges.filter(([, to]) => to <= length);
}
