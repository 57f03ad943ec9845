// The focus belongs to the person. An answer may move it (to a new row, to the input that an error
// is about, to a toast's Undo) unless the person has gone on since asking: to another place, or
// typing.

let edits = 0;
// Where the person is while an answer is put on the page.
let place = null;
const again = new WeakSet();

export function startFocus() {
  document.addEventListener('input', () => (edits += 1), { capture: true });
  document.addEventListener('htmx:beforeSend', ({ detail: { requestConfig } }) => {
    const isAgain = again.delete(requestConfig.elt);
    requestConfig.asked = { edits: isAgain ? -1 : edits, element: document.activeElement };
  });
  document.addEventListener('htmx:beforeSwap', ({ detail: { requestConfig } }) => {
    place = hasGoneOn(requestConfig) ? placeOf(document.activeElement) : null;
  });
  document.addEventListener('htmx:afterSettle', () => {
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

// The element's next request repeats one that the person has gone on from already.
export function hasGoneOnBefore(element) {
  again.add(element);
}

// Inputs of rows have no ids: the name and the number among those of that name will do.
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
