import assert from 'node:assert/strict';
import { test } from 'node:test';
import { history } from '@codemirror/commands';
import { EditorState } from '@codemirror/state';
import { peekBack, peekForth, stepBack, stepForth } from '../../static/js/box/steps.js';

function editor(doc) {
  const box = {
    state: EditorState.create({ doc, extensions: history({ newGroupDelay: 0 }) }),
    dispatch: (transaction) => (box.state = transaction.state),
    type: (at, insert) => box.dispatch(box.state.update({ changes: { from: at, insert } })),
    remove: (from, to) => box.dispatch(box.state.update({ changes: { from, to } })),
  };
  return box;
}

test('one step back removes the last change, and one step forward restores it', () => {
  const box = editor('a');
  box.type(1, 'b');

  assert.ok(stepBack(box));
  assert.equal(box.state.doc.toString(), 'a');
  assert.ok(stepForth(box));
  assert.equal(box.state.doc.toString(), 'ab');
});

test('without a step nothing happens', () => {
  const box = editor('a');

  assert.equal(stepBack(box), false);
  assert.equal(peekBack(box.state), null);
  assert.equal(peekForth(box.state), null);
});

test('peeking at a step does not take it', () => {
  const box = editor('a');
  box.type(1, 'b');

  assert.equal(peekBack(box.state).newDoc.toString(), 'a');
  assert.equal(box.state.doc.toString(), 'ab');
});
