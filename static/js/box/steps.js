// Undo and Redo, one visible step at a time. Letters that are typed and removed at once leave a
// step in the history that changes nothing; nobody should have to press once more for it.
import { redo, undo } from '@codemirror/commands';
import { isMemory } from './remembered.js';

export const stepBack = (target) => step(target, undo);
export const stepForth = (target) => step(target, redo);
// The next transaction that changes something, or null.
export const peekBack = (state) => transactions(state, undo).at(-1) ?? null;
export const peekForth = (state) => transactions(state, redo).at(-1) ?? null;

function step({ state, dispatch }, command) {
  const all = transactions(state, command);
  for (const transaction of all) dispatch(transaction);
  return all.length > 0;
}

// Up to the first step that changes something; none if there is none.
function transactions(state, command) {
  const all = [];
  let from = state;
  while (command({ state: from, dispatch: (transaction) => all.push(transaction) })) {
    const { changes, effects, state: next } = all.at(-1);
    if (!changes.empty || !effects.every(isMemory)) return all;
    from = next;
  }
  return [];
}
