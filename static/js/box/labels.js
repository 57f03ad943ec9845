// The words that begin a line of the prompt ("English:"), drawn faint. Only lines in view are
// checked.
import { Decoration, MatchDecorator, ViewPlugin } from '@codemirror/view';

export function labels(words) {
  const known = words.filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (known.length === 0) return [];
  const matcher = new MatchDecorator({
    regexp: new RegExp(`^(?:${known.join('|')}):`, 'g'),
    decoration: Decoration.mark({ class: 'prompt-label' }),
  });
  return ViewPlugin.define((view) => new Labels(view, matcher), {
    decorations: (labelled) => labelled.decorations,
  });
}

class Labels {
  #matcher;

  constructor(view, matcher) {
    this.#matcher = matcher;
    this.decorations = matcher.createDeco(view);
  }

  update(update) {
    this.decorations = this.#matcher.updateDeco(update, this.decorations);
  }
}
