// The hints under what was typed: one click mends a near miss, as if the person had typed it.
import { announce } from '../shell/announcer.js';

export function startHints(editor) {
  document.addEventListener('click', ({ target }) => {
    const fix = target.closest('.hint-fix');
    if (!fix) return;
    const hint = fix.closest('.hint');
    const { find } = hint.dataset;
    const { replace, target: name } = fix.dataset;
    const change = 'end' in hint.dataset ? atEnd(find, replace) : everywhere(find, replace);
    if (name === 'stop') change.asLines = (text) => replaceLine(text, find, replace);
    const changed = textsOf(editor, name).filter((text) => text.apply(change));
    hint.remove();
    changed[0]?.focus();
    announce('Changed.');
  });
}

// The texts that a fix is about: one input, or all that stand on the page for the prompt.
function textsOf(editor, name) {
  if (name === 'prompt') return [boxText(editor)];
  if (name) return [...editor.form.elements].filter((e) => e.name === name).map(inputText);
  const isBox = editor.isFree || document.getElementById('detached').checked;
  if (isBox) return [boxText(editor)];
  return [...document.querySelectorAll('#fields .input, #field-message')].map(inputText);
}

function boxText(editor) {
  const { view } = editor;
  return {
    apply(change) {
      const changes = change.places(view.state.doc.toString());
      if (changes.length === 0) return false;
      view.dispatch({ changes, userEvent: 'input', scrollIntoView: true });
      return true;
    },
    focus: () => view.focus(),
  };
}

function inputText(input) {
  return {
    apply(change) {
      const before = input.value;
      const after = change.asLines ? change.asLines(before) : changed(before, change);
      if (after === before) return false;
      input.value = after;
      input.dispatchEvent(new Event('input', { bubbles: true }));
      return true;
    },
    // What is drawn as chips has an input that adds to them.
    focus: () => (input.parentElement.querySelector('.chip-input') ?? input).focus(),
  };
}

function changed(text, change) {
  let result = text;
  for (const { from, to, insert } of change.places(text).reverse())
    result = result.slice(0, from) + insert + result.slice(to);
  return result;
}

function everywhere(find, insert) {
  return {
    places(text) {
      const places = [];
      for (let at = text.indexOf(find); at >= 0; at = text.indexOf(find, at + find.length))
        places.push({ from: at, to: at + find.length, insert });
      return places;
    },
  };
}

function atEnd(find, insert) {
  return {
    places(text) {
      return text.endsWith(find)
        ? [{ from: text.length - find.length, to: text.length, insert }]
        : [];
    },
  };
}

function replaceLine(text, find, replace) {
  const lines = text.split('\n').flatMap((line) => (line === find ? replace.split('\n') : [line]));
  return [...new Set(lines)].join('\n');
}
