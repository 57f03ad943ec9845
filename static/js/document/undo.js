// Undo and Redo as buttons that name their next step; Undo also shows it in the text.
import { EditorView } from '@codemirror/view';
import { peekBack, peekForth, stepBack, stepForth } from '../box/steps.js';
import { announce } from '../shell/announcer.js';
import { doom, placesOf, show } from './places.js';

const PAUSE = 120;

export function undoButtons(generations) {
  const buttons = new UndoButtons(generations);
  return {
    extension: EditorView.updateListener.of((update) => {
      if (update.docChanged || update.transactions.some(showsRun)) buttons.drawSoon();
    }),
    attach: (view) => buttons.start(view),
  };
}

class UndoButtons {
  #generations;
  #view;
  #timer = 0;

  constructor(generations) {
    this.#generations = generations;
  }

  start(view) {
    this.#view = view;
    this.#draw();
    const form = view.dom.closest('form');
    // The buttons are drawn again with each run.
    form.addEventListener('htmx:afterSettle', () => this.#draw());
    form.addEventListener('click', ({ target }) => {
      if (target.closest?.('#undo')) this.#do('#undo', peekBack, stepBack);
      else if (target.closest?.('#redo')) this.#do('#redo', peekForth, stepForth);
    });
    // A finger rests nowhere: only a pointer that hovers, and the focus of a keyboard.
    document.addEventListener('pointerover', ({ target, pointerType }) => {
      this.#point(pointerType === 'mouse' && target.closest?.('#undo'));
    });
    document.addEventListener('focusin', ({ target }) => {
      this.#point(target.matches?.(':focus-visible') && target.closest?.('#undo'));
    });
  }

  // Not at each key: finding the next step means searching the history.
  drawSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#draw(), PAUSE);
  }

  #do(button, peek, step) {
    const did = this.#describe(peek);
    step(this.#view);
    this.#draw();
    announce(`Done: ${did}.`);
    const pressed = document.querySelector(button);
    if (pressed.disabled || pressed.hidden) this.#view.focus();
    else this.#point(pressed.matches('#undo:is(:hover, :focus-visible)') && pressed);
  }

  #draw() {
    clearTimeout(this.#timer);
    nameButton('undo', 'Undo', this.#describe(peekBack));
    nameButton('redo', 'Redo', this.#describe(peekForth));
  }

  #describe(peek) {
    const next = peek(this.#view.state);
    if (!next) return '';
    const effect = next.effects.find((one) => one.is(show));
    return effect ? this.#describeShown(effect.value) : describeTyped(next.changes);
  }

  #describeShown({ place: id, run }) {
    const place = placesOf(this.#view.state).find((one) => one.id === id);
    const [now, then] = [place.run, run].map((one) => this.#generations.completion(one));
    if (!then) return `removes ${countTokens(now)}`;
    return now ? 'brings the sibling’s text back' : `brings back ${countTokens(then)}`;
  }

  // The text that Undo would remove is marked while the pointer is on the button.
  #point(button) {
    const isPointed = Boolean(button && !button.disabled);
    if (!isPointed && !this.#isPointed) return;
    this.#isPointed = isPointed;
    const next = isPointed ? peekBack(this.#view.state) : null;
    this.#view.dispatch({ effects: doom.of(next ? this.#rangesToGo(next) : []) });
  }

  #isPointed = false;

  #rangesToGo(transaction) {
    const ranges = [];
    transaction.changes.iterChangedRanges((from, to) => ranges.push({ from, to }));
    const effect = transaction.effects.find((one) => one.is(show));
    const place = effect && placesOf(this.#view.state).find(({ id }) => id === effect.value.place);
    if (place) ranges.push({ from: place.from, to: place.to });
    return ranges;
  }
}

function showsRun(transaction) {
  return transaction.effects.some((effect) => effect.is(show));
}

function countTokens({ count }) {
  return `${count} generated token${count === 1 ? '' : 's'}`;
}

function describeTyped(changes) {
  let gone = 0;
  let back = 0;
  changes.iterChanges((from, to, _from, _to, inserted) => {
    gone += to - from;
    back += inserted.length;
  });
  const words = [];
  if (gone) words.push(`removes ${characters(gone)}`);
  if (back) words.push(`brings back ${characters(back)}`);
  return words.join(' and ');
}

function characters(count) {
  return `${count} character${count === 1 ? '' : 's'}`;
}

function nameButton(id, word, what) {
  const button = document.getElementById(id);
  if (!button) return;
  const text = what ? `${word}: ${what}` : word;
  button.disabled = !what;
  if (id === 'redo') button.hidden = !what;
  button.setAttribute('aria-label', text);
  if (what) button.dataset.tip = text;
  else delete button.dataset.tip;
}
