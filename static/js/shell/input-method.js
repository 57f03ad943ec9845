// Keys of an input method. With it people write Japanese, Chinese, Korean and other languages:
// Enter takes the suggested word, Escape drops it, arrows choose, Backspace edits it. None of these
// keys are meant for the page, so all of the page's keys are handled here
// (tests/test_front_end.py).

// The values that browsers send for a key that an input method took.
const TAKEN = 229;
// Safari reports the end of a word first, and then the key that ended it, like any key.
const IS_SAFARI = navigator.vendor.startsWith('Apple');
const ENDING = new Set(['Enter', 'Escape', 'Tab', ' ']);
const MOMENT_MS = 500;

let endedAt = Number.NEGATIVE_INFINITY;
// Several listeners ask about one key.
let last = { event: null, isTaken: false };

document.addEventListener('compositionend', ({ timeStamp }) => (endedAt = timeStamp), {
  capture: true,
});

// Like addEventListener('keydown'), but only for keys that are meant for the page.
export function onKey(target, listener, options) {
  const listens = (event) => {
    if (!isOfInputMethod(event)) listener(event);
  };
  target.addEventListener('keydown', listens, options);
}

// Inside the element no listener receives the keys of an input method.
export function hideInputMethod(element) {
  const stop = (event) => {
    if (isOfInputMethod(event)) event.stopPropagation();
  };
  element.addEventListener('keydown', stop, { capture: true });
}

function isOfInputMethod(event) {
  if (last.event !== event) last = { event, isTaken: judge(event) };
  return last.isTaken;
}

function judge({ isComposing, keyCode, key, timeStamp }) {
  if (isComposing || keyCode === TAKEN) return true;
  const isLate = IS_SAFARI && ENDING.has(key) && timeStamp - endedAt < MOMENT_MS;
  if (isLate) endedAt = Number.NEGATIVE_INFINITY;
  return isLate;
}
