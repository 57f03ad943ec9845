import assert from 'node:assert/strict';
import { test } from 'node:test';
import { history, isolateHistory, redo, undo } from '@codemirror/commands';
import { EditorState, Transaction } from '@codemirror/state';
import {
  currentRun,
  expect,
  expectedAt,
  fill,
  open,
  places,
  placesOf,
  show,
  write,
} from '../../static/js/document/places.js';

// The free page's document without a view: the places and the history.
class Document {
  constructor(doc) {
    this.state = EditorState.create({ doc, extensions: [history(), places()] });
  }

  apply(...specs) {
    this.state = this.state.update(...specs).state;
  }

  do(command) {
    return command({ state: this.state, dispatch: ({ state }) => (this.state = state) });
  }

  // One step of the history: `run` is shown in a new place at `at`.
  begin(id, run, at) {
    this.apply({
      effects: [open.of({ id, at }), show.of({ place: id, run, at, current: run })],
      annotations: [isolateHistory.of('full'), Transaction.userEvent.of('generate')],
    });
  }

  // The text that the history does not hold.
  write(id, at, text) {
    const place = { place: id, from: at, start: at, end: at + text.length, to: at + text.length };
    this.apply({
      changes: { from: at, insert: text },
      effects: fill.of(place),
      annotations: Transaction.addToHistory.of(false),
    });
  }

  type(at, text) {
    this.apply({ changes: { from: at, insert: text }, userEvent: 'input.type' });
  }

  get text() {
    return this.state.doc.toString();
  }

  place(id) {
    return placesOf(this.state).find((place) => place.id === id);
  }
}

test('the shown run is the one whose text is in the document', () => {
  const page = new Document('Once');

  assert.equal(currentRun(page.state), null);
  page.begin('place-1', 'run-1', 4);

  assert.equal(currentRun(page.state), 'run-1');
  assert.equal(page.place('place-1').run, 'run-1');
});

test('undo of a generation shows the earlier text, and redo the run again', () => {
  const page = new Document('Once');
  page.begin('place-1', 'run-1', 4);

  page.do(undo);
  assert.equal(page.place('place-1').run, null);
  assert.equal(currentRun(page.state), null);

  page.do(redo);
  assert.equal(page.place('place-1').run, 'run-1');
  assert.equal(currentRun(page.state), 'run-1');
});

test('undo of a sibling shows the one before', () => {
  const page = new Document('Once');
  page.begin('place-1', 'run-1', 4);
  page.apply({
    effects: show.of({ place: 'place-1', run: 'run-2', at: 4, current: 'run-2' }),
    annotations: isolateHistory.of('full'),
  });

  page.do(undo);

  assert.equal(page.place('place-1').run, 'run-1');
  assert.equal(currentRun(page.state), 'run-1');
});

test('a generation is one step although its text arrived in many changes', () => {
  const page = new Document('Once');
  page.type(4, ' upon');
  page.begin('place-1', 'run-1', 9);
  page.write('place-1', 9, ' a');
  page.write('place-1', 9, ' a time');

  page.do(undo);
  page.do(undo);

  assert.equal(currentRun(page.state), null);
  assert.ok(!page.text.includes('upon'), page.text);
});

test('a place follows the text around it', () => {
  const page = new Document('Once');
  page.begin('place-1', 'run-1', 4);
  page.write('place-1', 4, ' upon');

  page.type(0, '>> ');

  const { from, to } = page.place('place-1');
  assert.equal(page.state.sliceDoc(from, to), ' upon');
});

test('the start of the next run moves with text typed before it, not at it', () => {
  const page = new Document('Once');
  page.apply({ effects: expect.of({ at: 4 }) });

  page.type(0, 'xx');
  assert.equal(expectedAt(page.state), 6);
  page.type(6, 'yy');
  assert.equal(expectedAt(page.state), 6);
});

test('writing is a state of the place only', () => {
  const page = new Document('Once');
  page.begin('place-1', 'run-1', 4);
  page.begin('place-2', 'run-2', 4);

  page.apply({ effects: write.of({ place: 'place-2', isWriting: true }) });

  assert.deepEqual(
    placesOf(page.state).map(({ isWriting }) => isWriting),
    [false, true],
  );
});
