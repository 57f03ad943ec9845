// The card of a token in the editor: under the pointer, and at the caret when it was moved.
import { StateEffect, StateField } from '@codemirror/state';
import { hoverTooltip, keymap, showTooltip } from '@codemirror/view';
import { announce } from '../shell/announcer.js';
import { areProbabilitiesShown, inWords, tokenCard } from '../tokens/token-card.js';
import { tokenAt } from './marks.js';

const HOVER = 120;
const hide = StateEffect.define();

export function tokenPopups() {
  return [atCaret, hoverTooltip(atPointer, { hoverTime: HOVER, hideOnChange: true }), dismissal];
}

function atPointer(view, place) {
  return popup(view.state, place);
}

function popup(state, place) {
  const found = areProbabilitiesShown() ? tokenAt(state, place) : null;
  if (!found) return null;
  const { from, to, token } = found;
  return { pos: from, end: to, above: true, token, create: () => ({ dom: tokenCard(token) }) };
}

const atCaret = StateField.define({
  create: () => null,
  update(shown, transaction) {
    if (transaction.docChanged || transaction.effects.some((effect) => effect.is(hide)))
      return null;
    if (!transaction.isUserEvent('select')) return shown;
    const { main } = transaction.state.selection;
    const next = main.empty ? popup(transaction.state, main.head) : null;
    if (next) announce(inWords(next.token));
    return next;
  },
  provide: (field) => showTooltip.from(field),
});

// Escape stops the run; an open card closes first.
const dismissal = keymap.of([
  {
    key: 'Escape',
    run: (view) => {
      if (!view.state.field(atCaret)) return false;
      view.dispatch({ effects: hide.of(null) });
      return true;
    },
  },
]);
