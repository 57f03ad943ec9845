// Shows the completion after the prompt's last word, without making it part of the text.
import { StateField } from '@codemirror/state';
import { Decoration, EditorView, WidgetType } from '@codemirror/view';

class Guest extends WidgetType {
  #element;

  constructor(element) {
    super();
    this.#element = element;
  }

  eq() {
    return true;
  }

  toDOM() {
    return this.#element;
  }

  ignoreEvent() {
    return true;
  }
}

export function inlineOutput(element) {
  element.id = 'inline-output';
  const decoration = Decoration.widget({ widget: new Guest(element), side: 1 });
  const atEnd = ({ doc }) => Decoration.set(decoration.range(doc.length));
  return StateField.define({
    create: atEnd,
    update: (drawn, transaction) => (transaction.docChanged ? atEnd(transaction.state) : drawn),
    provide: (field) => EditorView.decorations.from(field),
  });
}
