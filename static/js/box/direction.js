// Each line of the editor has the direction of its first letter: Hebrew and Arabic run from right
// to left. Only lines in view are drawn.
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
