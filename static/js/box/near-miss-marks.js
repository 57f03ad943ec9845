// Underlines the text of a hint in the editor.
import { StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView } from '@codemirror/view';
import { occurrences } from './occurrences.js';

const markMisses = StateEffect.define();
const line = Decoration.mark({ class: 'near-miss' });

export function nearMissMarks() {
  return StateField.define({
    create: () => Decoration.none,
    update(marks, transaction) {
      for (const effect of transaction.effects)
        if (effect.is(markMisses)) return draw(transaction.state.doc.toString(), effect.value);
      return marks.map(transaction.changes);
    },
    provide: (field) => EditorView.decorations.from(field),
  });
}

// Underlines the texts of the hints on the page.
export function showMisses(view) {
  const hints = [...document.querySelectorAll('#prompt-hints [data-find]')].map((hint) => ({
    find: hint.dataset.find,
    isEnd: 'end' in hint.dataset,
  }));
  view.dispatch({ effects: markMisses.of(hints) });
}

function draw(text, hints) {
  const found = hints.flatMap(({ find, isEnd }) => occurrences(text, find, { isEnd }));
  return Decoration.set(
    found.map(({ from, to }) => line.range(from, to)),
    true,
  );
}
