// The focus belongs to the person. An answer may move it (to a new row, to the input of an error,
// to a toast's Undo) unless the person has done something else since the request: moved on, or
// typed.

let edits = 0;
// The person's place while an answer is put on the page.
let place = null;
const repeats = new WeakSet();

// Before all other listeners, which may move the focus.
export function startFocus() {
  const hear = (type, listener) => document.addEventListener(type, listener, { capture: true });
  hear('input', () => (edits += 1));
  hear('htmx:beforeSend', ({ detail: { requestConfig } }) => {
    const isRepeat = repeats.delete(requestConfig.elt);
    requestConfig.asked = { edits: isRepeat ? -1 : edits, element: document.activeElement };
  });
  hear('htmx:beforeSwap', ({ detail: { requestConfig } }) => {
    place = hasGoneOn(requestConfig) ? placeOf(document.activeElement) : null;
  });
  hear('htmx:afterSettle', () => {
    if (place) goTo(place);
    place = null;
  });
}

// Whether the person did something else since the request was sent.
export function hasGoneOn({ asked }) {
  const { activeElement, body } = document;
  if (!asked || activeElement === body) return false;
  return asked.edits !== edits || asked.element !== activeElement;
}

// The element's next request repeats one from which the person has moved on.
export function markRepeat(element) {
  repeats.add(element);
}

// "Skip to the prompt" leads to what is written first: the prompt, or the first field.
export function startSkip() {
  document.querySelector('[data-skips-to-prompt]')?.addEventListener('click', (event) => {
    const goal = [...document.querySelectorAll('#prompt-text, #fields textarea')].find((one) =>
      one.checkVisibility(),
    );
    if (!goal) return;
    event.preventDefault();
    goal.focus();
  });
}

// Inputs of rows have no ids: their name and their number among equal names are enough.
function placeOf(element) {
  const { id, name, selectionStart, selectionEnd } = element;
  const number = name ? [...document.getElementsByName(name)].indexOf(element) : -1;
  return { element, id, name, number, selectionStart, selectionEnd };
}

function goTo({ element, id, name, number, selectionStart, selectionEnd }) {
  const now = element.isConnected
    ? element
    : ((id && document.getElementById(id)) ?? document.getElementsByName(name)[number]);
  if (!now || now === document.activeElement) return;
  now.focus({ preventScroll: true });
  if (typeof selectionStart === 'number' && 'setSelectionRange' in now)
    now.setSelectionRange(selectionStart, selectionEnd);
}
