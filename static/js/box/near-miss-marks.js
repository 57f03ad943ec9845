// What a hint is about, underlined in the editor.
import { StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView } from '@codemirror/view';

const markMisses = StateEffect.define();
const line = Decoration.mark({ class: 'near-miss' });

export function nearMissMarks() {
  return StateField.define({
    create: () => Decoration.none,
    update(marks, transaction) {
      for (const effect of transaction.effects)
        if (effect.is(markMisses)) return drawn(transaction.state.doc.toString(), effect.value);
      return marks.map(transaction.changes);
    },
    provide: (field) => EditorView.decorations.from(field),
  });
}

// Underlines what the hints on the page are about.
export function showMisses(view) {
  const hints = [...document.querySelectorAll('#prompt-hints [data-find]')].map((hint) => ({
    find: hint.dataset.find,
    isEnd: 'end' in hint.dataset,
  }));
  view.dispatch({ effects: markMisses.of(hints) });
}

function drawn(text, hints) {
  const ranges = hints.flatMap(({ find, isEnd }) => (isEnd ? endOf(text, find) : all(text, find)));
  return Decoration.set(ranges, true);
}

function endOf(text, find) {
  return text.endsWith(find) ? [line.range(text.length - find.length, text.length)] : [];
}

function all(text, find) {
  const ranges = [];
  for (let at = text.indexOf(find); at >= 0; at = text.indexOf(find, at + find.length))
    ranges.push(line.range(at, at + find.length));
  return ranges;
}
