// Each line of the editor runs the way of its first letter: Hebrew and Arabic from the right. Only
// what is in view has lines.
import { RangeSetBuilder } from '@codemirror/state';
import { Decoration, EditorView, ViewPlugin } from '@codemirror/view';

const automatic = Decoration.line({ attributes: { dir: 'auto' } });

export function lineDirections() {
  const lines = ViewPlugin.define((view) => new Lines(view), {
    decorations: ({ decorations }) => decorations,
  });
  return [lines, EditorView.perLineTextDirection.of(true)];
}

class Lines {
  constructor(view) {
    this.decorations = inView(view);
  }

  update({ view, docChanged, viewportChanged }) {
    if (docChanged || viewportChanged) this.decorations = inView(view);
  }
}

function inView({ state, visibleRanges }) {
  const builder = new RangeSetBuilder();
  for (const { from, to } of visibleRanges) {
    for (let at = from; at <= to; ) {
      const line = state.doc.lineAt(at);
      builder.add(line.from, line.from, automatic);
      at = line.to + 1;
    }
  }
  return builder.finish();
}
