// {{name}} in the editor: tinted, and its value when the pointer rests on it.
import { Decoration, hoverTooltip, MatchDecorator, ViewPlugin } from '@codemirror/view';

import { own } from '../shell/own-text.js';

// playground/prompts/variables.py reads the same: an odd number of backslashes makes the braces
// plain text.
const PATTERN =
  /(?<!(?<!\\)(?:\\\\)*\\)\{\{[ \t]{0,20}((?:[\p{L}\p{M}\p{N}_-]|\u200c|\u200d){1,40})[ \t]{0,20}\}\}/gu;

const matcher = new MatchDecorator({
  regexp: PATTERN,
  decoration: Decoration.mark({ class: 'variable-mark' }),
});

export function variableMarks() {
  const marks = ViewPlugin.define((view) => new Marks(view), {
    decorations: (marked) => marked.decorations,
  });
  return [marks, hoverTooltip(valueAt, { hideOnChange: true })];
}

class Marks {
  constructor(view) {
    this.decorations = matcher.createDeco(view);
  }

  update(update) {
    this.decorations = matcher.updateDeco(update, this.decorations);
  }
}

function valueAt(view, place) {
  const line = view.state.doc.lineAt(place);
  for (const match of line.text.matchAll(PATTERN)) {
    const from = line.from + match.index;
    const end = from + match[0].length;
    if (from <= place && place < end)
      return {
        pos: from,
        end,
        above: true,
        create: () => ({ dom: card(match[1].normalize('NFC')) }),
      };
  }
  return null;
}

function card(name) {
  const dom = document.createElement('div');
  dom.className = 'variable-card';
  own(dom);
  const value = valueNow(name);
  dom.textContent = value || 'No value yet';
  dom.toggleAttribute('data-open', !value);
  return dom;
}

function valueNow(name) {
  const rows = document.getElementById(`field-var.${name}`)?.querySelectorAll('.example');
  // The first is the head.
  if (rows) return `${rows.length - 1} row${rows.length > 2 ? 's' : ''} of examples`;
  const input = document.getElementById(`var.${name}`);
  if (input instanceof HTMLSelectElement && !input.value)
    return document.getElementById(`var.${name}.default`)?.value;
  return input?.value.trim() ? input.value : input?.placeholder;
}
