// The hints under typed text: one click fixes a near miss, as if the person had typed it.
import { occurrences } from '../box/occurrences.js';
import { announce } from '../shell/announcer.js';
import { replaceAll, replaceLine } from './fixes.js';

export function startHints(editor) {
  editor.form.addEventListener('click', ({ target }) => {
    const button = target.closest('.hint-fix');
    if (!button) return;
    const hint = button.closest('.hint');
    const { replace, target: name } = button.dataset;
    const fix = { find: hint.dataset.find, replace, isEnd: 'end' in hint.dataset };
    const changed = textsOf(editor, name).filter((text) => text.apply(fix));
    hint.remove();
    changed[0]?.focus();
    announce('Changed.');
  });
}

// The texts that a fix changes: one input, or all texts of the prompt on the page.
function textsOf(editor, name) {
  if (name === 'prompt') return [boxText(editor)];
  if (name) return [...editor.form.elements].filter((e) => e.name === name).map(inputText);
  if (editor.isFree || editor.isDetached) return [boxText(editor)];
  return [...document.querySelectorAll('#fields .input, #field-message')].map(inputText);
}

function boxText({ view }) {
  return {
    apply({ find, replace, isEnd }) {
      const found = occurrences(view.state.doc.toString(), find, { isEnd });
      if (found.length === 0) return false;
      const changes = found.map((range) => ({ ...range, insert: replace }));
      view.dispatch({ changes, userEvent: 'input', scrollIntoView: true });
      return true;
    },
    focus: () => view.focus(),
  };
}

function inputText(input) {
  return {
    apply({ find, replace, isEnd }) {
      const before = input.value;
      const after =
        input.name === 'stop'
          ? replaceLine(before, find, replace)
          : replaceAll(before, find, replace, { isEnd });
      if (after === before) return false;
      input.value = after;
      input.dispatchEvent(new Event('input', { bubbles: true }));
      return true;
    },
    // Values drawn as chips have an input that adds to them.
    focus: () => (input.parentElement.querySelector('.chip-input') ?? input).focus(),
  };
}
