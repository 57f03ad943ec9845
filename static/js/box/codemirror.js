// The prompt's box: CodeMirror as a plain text field, with the keys of one and no others.
//
// The textarea stays the form's field. It gets the text when the form is read (`formdata`), not at
// each key, and fires `input` whenever a person changed the text, `text` whenever anything did.
import { history, insertNewline, standardKeymap } from '@codemirror/commands';
import { Annotation, EditorState, Transaction } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { hideInputMethod } from '../shell/input-method.js';
import { lineDirections } from './direction.js';
import { labels } from './labels.js';
import { nearMissMarks } from './near-miss-marks.js';
import { smallestChange } from './smallest-change.js';
import { stepBack, stepForth } from './steps.js';
import { tokenPieces } from './token-pieces.js';
import { unsent } from './unsent.js';
import { variableMarks } from './variable-marks.js';

// Marks a change that no person made: it detaches nothing and is not reported to the form.
export const byMachine = Annotation.define();

// Marks a change that is not the person's and that Ctrl+Z must skip.
export const unseen = [byMachine.of(true), Transaction.addToHistory.of(false)];

// So much stays free above and below the caret, besides the bar with Run, which would cover it.
const MARGIN = 24;

const KEYS = [
  { key: 'Enter', run: insertNewline, shift: insertNewline },
  { key: 'Mod-z', run: stepBack, preventDefault: true },
  { key: 'Mod-Shift-z', run: stepForth, preventDefault: true },
  { key: 'Mod-y', mac: 'Mod-Shift-z', run: stepForth, preventDefault: true },
  ...standardKeymap,
];

// Text that replaces a selection: the browser would keep the removed text's look with a style
// attribute, which the page's policy does not allow.
const typeOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { state } = view;
    const isText = event.inputType === 'insertText' && event.data !== null && event.cancelable;
    if (!isText || view.composing || state.selection.main.empty) return false;
    event.preventDefault();
    view.dispatch(state.replaceSelection(event.data), {
      userEvent: 'input.type',
      scrollIntoView: true,
    });
    return true;
  },
});

// extensions: more of CodeMirror's. follow(transaction): the change that must come right after it,
// as the specification of a transaction, or null.
export function createBox(textarea, { words = [], extensions = [], follow = () => null } = {}) {
  const view = new EditorView({
    state: EditorState.create({
      doc: textarea.value,
      extensions: [
        extensions,
        history(),
        keymap.of(KEYS),
        labels(words),
        unsent(),
        nearMissMarks(),
        variableMarks(),
        lineDirections(),
        textarea.placeholder ? placeholder(textarea.placeholder) : [],
        EditorView.lineWrapping,
        typeOver,
        EditorView.cspNonce.of(document.querySelector('meta[name=csp-nonce]')?.nonce ?? ''),
        EditorView.contentAttributes.of({
          id: 'prompt-text',
          'aria-label': textarea.getAttribute('aria-label'),
          'data-testid': textarea.dataset.testid,
          autocapitalize: 'sentences',
          translate: 'no',
        }),
        caretRoom(),
        tokenPieces(),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) textarea.dispatchEvent(new Event('text'));
          if (update.transactions.some((one) => one.docChanged && !one.annotation(byMachine)))
            tellInput(textarea);
        }),
      ],
    }),
    dispatchTransactions: (transactions, editor) => {
      const last = transactions.at(-1);
      const next = last && follow(last);
      editor.update(next ? [...transactions, last.state.update(next)] : transactions);
    },
  });
  textarea.before(view.dom);
  hideInputMethod(view.dom);
  delete textarea.dataset.testid;
  textarea.hidden = true;
  textarea.form.addEventListener('formdata', ({ formData }) => {
    formData.set(textarea.name, view.state.doc.toString());
  });
  return view;
}

export function tellInput(textarea) {
  textarea.dispatchEvent(new Event('input', { bubbles: true }));
}

// Replaces the whole text by `text`, but changes no more than differs, so that the caret and all
// decorations stay in place.
export function replaceText(view, text, annotations = unseen) {
  const changes = smallestChange(view.state.doc.toString(), text);
  if (changes) view.dispatch({ changes, annotations });
}

// The free space around the caret, only while it comes into view: CodeMirror shows no card of a
// place that is in such a margin, and the first line always is.
function caretRoom() {
  let isScrolling = false;
  return [
    EditorView.scrollHandler.of(() => {
      isScrolling = true;
      queueMicrotask(() => {
        isScrolling = false;
      });
      return false;
    }),
    EditorView.scrollMargins.of(({ dom }) => {
      const room = isScrolling ? MARGIN : 0;
      return { top: room, bottom: covered(dom) + room };
    }),
  ];
}

// How much of the editor's end is under the bar.
function covered(editor) {
  const dock = document.querySelector('.controls');
  if (!dock) return 0;
  const isFixed = getComputedStyle(dock).position === 'fixed';
  const bar = (isFixed ? dock : dock.closest('.run-foot')).getBoundingClientRect();
  const under = editor.getBoundingClientRect().bottom - bar.top;
  return Math.min(bar.height, Math.max(0, under));
}
