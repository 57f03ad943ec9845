// The card of a token in the editor: under the pointer, and at the caret when it was moved. Alt+.
// and Alt+, go through what the text could continue with there, Enter takes it.
import { StateEffect, StateField } from '@codemirror/state';
import {
  closeHoverTooltips,
  EditorView,
  hoverTooltip,
  keymap,
  showTooltip,
} from '@codemirror/view';
import { announce } from '../shell/announcer.js';
import { isCardShown } from '../tokens/showing.js';
import { inWords, TokenCard } from '../tokens/token-card.js';
import { tokenAt } from './marks.js';

const HOVER = 120;
const put = StateEffect.define();

// choose(view, found, id, text): the text goes on with another token than `found`, which is
// { from, to, token }.
export function tokenPopups(choose) {
  const field = StateField.define({
    create: () => null,
    update(shown, transaction) {
      const effect = transaction.effects.find((one) => one.is(put));
      if (effect) return effect.value;
      if (transaction.docChanged) return null;
      if (!transaction.isUserEvent('select')) return shown;
      const { main } = transaction.state.selection;
      const next = main.empty ? popup(transaction.state, main.head) : null;
      if (next) announce(inWords(next.token));
      return next;
    },
    provide: (self) => showTooltip.from(self),
  });

  function popup(state, at) {
    const found = tokenAt(state, at);
    if (!found || !isCardShown(found.token)) return null;
    const { from, to, token } = found;
    const card = new TokenCard(token, (id, text) => {
      viewOf(card).dispatch({ effects: [put.of(null), closeHoverTooltips] });
      choose(found, id, text);
    });
    // Also on the last line, whose end the scroll margins leave out.
    const place = { pos: from, end: to, above: true, clip: false };
    return { ...place, token, card, create: () => ({ dom: card.dom }) };
  }

  // One card at a time: the caret's stays.
  const atPointer = (view, place) => (view.state.field(field) ? null : popup(view.state, place));
  const step = (by) => (view) => {
    let shown = view.state.field(field);
    if (!shown) {
      shown = popup(view.state, view.state.selection.main.head);
      if (!shown) return false;
      view.dispatch({ effects: put.of(shown) });
    }
    shown.card.step(by);
    return true;
  };
  const close = (view) => {
    if (!view.state.field(field)) return false;
    view.dispatch({ effects: put.of(null) });
    return true;
  };
  return [
    field,
    hoverTooltip(atPointer, {
      hoverTime: HOVER,
      hideOn: (transaction) => transaction.docChanged || Boolean(transaction.state.field(field)),
    }),
    // The token that was pressed: the caret may be at the start of the next one.
    EditorView.domEventHandlers({
      click: ({ target }, view) => {
        const element = target.closest('.token');
        if (element) view.dispatch({ effects: put.of(popup(view.state, view.posAtDOM(element))) });
      },
    }),
    keymap.of([
      { key: 'Alt-.', run: step(1) },
      { key: 'Alt-,', run: step(-1) },
      { key: 'Enter', run: (view) => Boolean(view.state.field(field)?.card.press()) },
      // Escape stops the run; an open card closes first.
      { key: 'Escape', run: close },
    ]),
  ];
}

function viewOf({ dom }) {
  return EditorView.findFromDOM(dom.closest('.cm-editor'));
}
