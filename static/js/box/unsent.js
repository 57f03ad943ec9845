// The beginning of a text that is longer than the model's window: it is not sent, and grey.
import { StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView } from '@codemirror/view';

const sendFrom = StateEffect.define();
const grey = Decoration.mark({ class: 'cm-unsent' });

export function unsent() {
  return StateField.define({
    create: () => 0,
    update(end, transaction) {
      for (const effect of transaction.effects) if (effect.is(sendFrom)) return effect.value;
      return transaction.changes.mapPos(end, -1);
    },
    provide: (field) =>
      EditorView.decorations.from(field, (end) =>
        end > 0 ? Decoration.set(grey.range(0, end)) : Decoration.none,
      ),
  });
}

// From `place` on the text is sent; 0 sends all of it.
export function showUnsent(view, place) {
  view.dispatch({ effects: sendFrom.of(Math.min(place, view.state.doc.length)) });
}
