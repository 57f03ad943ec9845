// Generated text in the document: it grows in its place, can be undone and redone as one step, and
// can be replaced by a sibling's text.
//
// The history holds only the effect "show this run here". After each such effect a separate change
// inserts the text. The history does not hold that change, but maps its contents over it.
import { isolateHistory } from '@codemirror/commands';
import { EditorSelection, Transaction } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { unseen } from '../box/codemirror.js';
import { rememberPlaces } from '../box/remembered.js';
import { Beat, giveWay } from '../tokens/beat.js';
import { markAgain, marksOf, markTokens, tokenMarks } from './marks.js';
import { expect, expectedAt, fill, open, places, placesOf, show, write } from './places.js';
import { groupByRun, tokensFrom } from './token-slices.js';

export class Generations {
  // run -> Completion
  #completions = new Map();
  // place -> the first of the siblings in it
  #families = new Map();
  #view;
  #pending = [];
  #beat = new Beat(() => this.#flush());
  #opened = 0;

  get extensions() {
    // Of two marks the later one is the outer one.
    return [
      tokenMarks,
      places(),
      rememberPlaces({ placesOf, marksOf }),
      EditorView.domEventObservers({ keydown: () => giveWay() }),
    ];
  }

  // The change that must follow a transaction: the text of the runs that it shows.
  follow = (transaction) => {
    const shown = transaction.effects.findLast((effect) => effect.is(show));
    if (!shown) return null;
    const { place: id, run } = shown.value;
    const before = this.#place(transaction.startState, id);
    const former = before && this.#completions.get(before.run);
    if (former) former.keep(partsAt(transaction.startState, before));
    return this.#fillChange(transaction.state, id, this.#completions.get(run));
  };

  attach(view) {
    this.#view = view;
  }

  completion(run) {
    return this.#completions.get(run);
  }

  add(completion) {
    this.#completions.set(completion.run, completion);
  }

  // The place of the run, or else of one of its siblings, the last one.
  placeOf({ run, family }) {
    const all = placesOf(this.#view.state);
    return (
      all.findLast((place) => place.run === run) ??
      all.findLast(({ id }) => this.#families.get(id) === family) ??
      null
    );
  }

  // The start of the next run's text, from the request until the text arrives.
  expectAt(at) {
    this.#view.dispatch({ effects: expect.of({ at }) });
  }

  // A run was made: its text begins at the expected place. This is one step of the history, unless
  // the page has just opened.
  begin(completion, { at = expectedAt(this.#view.state), isStep = true } = {}) {
    this.add(completion);
    const { run } = completion;
    completion.before = this.#view.state.doc.sliceString(0, at);
    this.#opened += 1;
    const id = `place-${this.#opened}`;
    this.#families.set(id, completion.family);
    this.#view.dispatch({
      effects: [open.of({ id, at }), show.of({ place: id, run, at, current: run })],
      annotations: isStep ? step('generate') : unseen,
    });
  }

  // Text that a model wrote before the page opened.
  recall(ranges) {
    const effects = [];
    for (const [from, to] of ranges) {
      this.#opened += 1;
      const place = `place-${this.#opened}`;
      effects.push(open.of({ id: place, at: from }));
      effects.push(fill.of({ place, from, start: from, end: to, to }));
    }
    this.#view.dispatch({ effects, annotations: unseen });
  }

  // Shows the run in a place that showed a sibling, or nothing.
  swap(place, completion, { isStep = true } = {}) {
    const { run, family } = completion;
    if (place.run === run) return;
    completion.before ??= this.#completions.get(place.run)?.before ?? null;
    this.#families.set(place.id, family);
    this.#view.dispatch({
      effects: show.of({ place: place.id, run, at: place.from, current: run }),
      annotations: isStep ? step('generate') : unseen,
    });
  }

  // The last place of text that was there when the page opened and is the completion's, or null.
  // The injected texts are in the document already, outside of the place.
  recalledPlace(completion) {
    const { text } = completion;
    completion.lead = '';
    const { doc } = this.#view.state;
    return (
      placesOf(this.#view.state).findLast(
        ({ run, start, end }) => !run && end > start && doc.sliceString(start, end) === text,
      ) ?? null
    );
  }

  // Where the text at `from` comes from: { run, position, end, isAsWritten }. end: of the model's
  // text there; isAsWritten: whether all text before it is as the model saw and wrote it.
  sourceOf(from, token) {
    const { doc } = this.#view.state;
    const place = placesOf(this.#view.state).find(({ start, end }) => start <= from && from < end);
    const completion = this.#completions.get(place?.run);
    if (!completion) return { end: place?.end ?? doc.length, isAsWritten: false };
    const at = completion.tokens.indexOf(token);
    const written = completion.tokens.slice(0, at).map(([, text]) => text);
    const isAsWritten =
      at >= 0 &&
      doc.sliceString(0, place.from) === completion.before &&
      doc.sliceString(place.start, from) === written.join('');
    return { run: completion.run, position: at + 1, end: place.end, isAsWritten };
  }

  // Marks the tokens of all texts that are as the model wrote them.
  markAll() {
    const { state } = this.#view;
    const effects = placesOf(state).flatMap(({ run, start, end }) => {
      const completion = this.#completions.get(run);
      const isAsCame = completion && state.doc.sliceString(start, end) === completion.text;
      return isAsCame && completion.hasTokens ? markAgain(completion.tokens, start, end) : [];
    });
    if (effects.length > 0) this.#view.dispatch({ effects, annotations: unseen });
  }

  setWriting(run, isWriting) {
    const place = this.#placeOf(run);
    if (place && place.isWriting !== isWriting)
      this.#view.dispatch({ effects: write.of({ place: place.id, isWriting }) });
  }

  // Takes tokens as they arrive; they are drawn once a beat.
  append(run, tokens) {
    this.#pending.push([run, tokens]);
    this.#beat.ask();
    // A page in the background draws no frames, and its text must not pile up.
    if (document.hidden) this.flush();
  }

  flush() {
    this.#beat.cancel();
    this.#flush();
  }

  // The server's current text of the run: the page may have followed another run meanwhile.
  catchUp(run, { text, tokens, count }) {
    this.flush();
    const completion = this.#completions.get(run);
    if (completion.isFinal || completion.text === text) return;
    if (!text.startsWith(completion.text)) this.restart(run);
    this.#write(run, tokensFrom(tokens, completion.text.length));
    completion.count = count;
  }

  // The text starts again from the beginning.
  restart(run) {
    this.flush();
    this.#completions.get(run)?.clear();
    this.#refill(run);
  }

  // The run has ended: the row has its text, and the restart text is added after it.
  finish(run, { text, count, tail }) {
    this.flush();
    this.#pending = this.#pending.filter(([pending]) => pending !== run);
    const completion = this.#completions.get(run);
    if (completion.isFinal) return;
    const isOther = completion.text !== text;
    completion.settle(text, count);
    if (isOther) this.#refill(run);
    this.setWriting(run, false);
    this.#putBehind(completion, tail);
  }

  #putBehind(completion, tail) {
    completion.tail = tail;
    const place = this.#placeOf(completion.run);
    if (!place || !tail) return;
    const { end, to } = place;
    this.#view.dispatch({
      changes: { from: end, insert: tail },
      effects: fill.of({ place: place.id, end, to: to + tail.length }),
      selection: moveCaretAlong(this.#view.state, end, end + tail.length),
      annotations: unseen,
    });
  }

  // Replaces the run's text in its place.
  #refill(run) {
    const place = this.#placeOf(run);
    const completion = this.#completions.get(run);
    if (!place || !completion) return;
    this.#view.dispatch(this.#fillChange(this.#view.state, place.id, completion));
  }

  #placeOf(run) {
    return placesOf(this.#view.state).find((place) => place.run === run);
  }

  #place(state, id) {
    return placesOf(state).find((place) => place.id === id);
  }

  #fillChange(state, id, completion) {
    const { from, to } = this.#place(state, id);
    const { lead, text, tail } = completion?.parts ?? { lead: '', text: '', tail: '' };
    const start = from + lead.length;
    const end = start + text.length;
    const isAsCame = completion && !completion.edited;
    const effects = [fill.of({ place: id, from, start, end, to: end + tail.length })];
    if (isAsCame) effects.push(...markTokens(completion.tokens, start));
    return {
      changes: { from, to, insert: lead + text + tail },
      effects,
      selection: moveCaretAlong(state, to, end + tail.length),
      annotations: unseen,
    };
  }

  #flush() {
    if (this.#isComposing()) {
      this.#beat.ask();
      return;
    }
    const pending = this.#pending;
    this.#pending = [];
    for (const [run, tokens] of groupByRun(pending)) this.#write(run, tokens);
  }

  #write(run, tokens) {
    const completion = this.#completions.get(run);
    completion.add(tokens);
    const place = this.#placeOf(run);
    if (!place) return;
    const insert = tokens.map(([, text]) => text).join('');
    const { end, to } = place;
    this.#view.dispatch({
      changes: { from: end, insert },
      effects: [
        fill.of({ place: place.id, end: end + insert.length, to: to + insert.length }),
        ...markTokens(tokens, end, { first: completion.tokens.length - tokens.length }),
      ],
      selection: moveCaretAlong(this.#view.state, end, end + insert.length),
      annotations: unseen,
    });
  }

  // The change would interrupt a word that an input method composes in the growing line.
  #isComposing() {
    if (!this.#view.composing) return false;
    const { doc, selection } = this.#view.state;
    const line = doc.lineAt(selection.main.head);
    return this.#pending.some(([run]) => {
      const place = this.#placeOf(run);
      return place && line.from <= place.end && place.end <= line.to;
    });
  }
}

function step(name) {
  return [isolateHistory.of('full'), Transaction.userEvent.of(name)];
}

function partsAt({ doc }, { from, start, end, to }) {
  return {
    lead: doc.sliceString(from, start),
    text: doc.sliceString(start, end),
    tail: doc.sliceString(end, to),
  };
}

// A caret at the end of the growing text moves with it.
function moveCaretAlong({ selection }, before, after) {
  const { main } = selection;
  return main.empty && main.head === before ? EditorSelection.cursor(after) : undefined;
}
