// Late answers about an earlier state of the form. They do not replace newer input.
//
// If rows were added or removed meanwhile, the page requests them again with the current form. A
// late preview is dropped, because a new one is on the way. Text written while a chat's message was
// sent stays.
import htmx from 'htmx.org';
import { askerOf } from '../panel/askers.js';
import { markRepeat } from '../shell/focus.js';

const FIELDS = new Set(['fields', 'variables']);

export function startLate(editor) {
  editor.form.addEventListener('htmx:beforeSend', ({ detail }) => {
    const { elt, requestConfig } = detail;
    requestConfig.edition = editor.edition;
    if (askerOf(elt.id) === 'run') requestConfig.written = readTexts();
  });
  editor.form.addEventListener('htmx:beforeSwap', ({ detail }) => {
    const { requestConfig, shouldSwap, isError, etc } = detail;
    if (!shouldSwap || isError) return;
    if (requestConfig.written) {
      requestConfig.since = textsSince(requestConfig.written);
      return;
    }
    if (requestConfig.edition === editor.edition) return;
    if (requestConfig.elt.id === 'preview') detail.shouldSwap = false;
    if (!FIELDS.has(detail.target.id)) return;
    detail.shouldSwap = false;
    const { verb, path, elt } = requestConfig;
    markRepeat(elt);
    htmx.ajax(verb, path, { source: elt, values: etc.values });
  });
  editor.form.addEventListener('htmx:afterSettle', ({ detail: { requestConfig } }) => {
    const since = requestConfig?.since;
    if (!since) return;
    requestConfig.since = null;
    for (const [name, number, value] of since) {
      const input = document.getElementsByName(name)[number];
      if (!input) continue;
      input.value = value;
      input.dispatchEvent(new Event('input', { bubbles: true }));
    }
  });
}

// [name, number among equal names, value] of the fields and the message.
function readTexts() {
  const inputs = document.querySelectorAll('#fields textarea, #fields .input, #field-message');
  const numbers = new Map();
  return [...inputs].map(({ name, value }) => {
    const number = numbers.get(name) ?? 0;
    numbers.set(name, number + 1);
    return [name, number, value];
  });
}

function textsSince(before) {
  return readTexts()
    .map(([name, number, value], at) => [name, number, newPart(name, before[at]?.[2] ?? '', value)])
    .filter(([, , value]) => value !== null);
}

// The sent message is removed; text written after it is the next one.
function newPart(name, before, now) {
  if (now === before) return null;
  return name === 'message' && now.startsWith(before) ? now.slice(before.length) : now;
}
