// {{name}} in the editor: tinted, and its value when the pointer rests on it.
import { Decoration, hoverTooltip, MatchDecorator, ViewPlugin } from '@codemirror/view';

import { markOwnText } from '../shell/own-text.js';
import { VARIABLE, variableAt } from './variable-pattern.js';

const matcher = new MatchDecorator({
  regexp: VARIABLE,
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
  const found = variableAt(line.text, place - line.from);
  return (
    found && {
      pos: line.from + found.from,
      end: line.from + found.end,
      above: true,
      create: () => ({ dom: card(found.name) }),
    }
  );
}

function card(name) {
  const dom = document.createElement('div');
  dom.className = 'variable-card';
  markOwnText(dom);
  const value = valueNow(name);
  dom.textContent = value || 'No value yet';
  dom.toggleAttribute('data-open', !value);
  return dom;
}

function valueNow(name) {
  const rows = document.getElementById(`field-var.${name}`)?.querySelectorAll('.example');
  // The first entry is the head.
  if (rows) return `${rows.length - 1} row${rows.length > 2 ? 's' : ''} of examples`;
  const input = document.getElementById(`var.${name}`);
  if (input instanceof HTMLSelectElement && !input.value)
    return document.getElementById(`var.${name}.default`)?.value;
  return input?.value.trim() ? input.value : input?.placeholder;
}
