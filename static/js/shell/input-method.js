// Keys of an input method. With it people write Japanese, Chinese, Korean and much else: Enter
// takes the word that is offered, Escape drops it, arrows choose, Backspace edits it. None of that
// is meant for the page, so all of its keys are heard here (tests/test_front_end.py).

// What browsers say of a key that an input method took.
const TAKEN = 229;
// Safari tells of the end of a word first and of the key that ended it after that, as of any key.
const IS_SAFARI = navigator.vendor.startsWith('Apple');
const ENDING = new Set(['Enter', 'Escape', 'Tab', ' ']);
const MOMENT_MS = 500;

let endedAt = Number.NEGATIVE_INFINITY;
// One key is asked about by many.
let last = { event: null, isTaken: false };

document.addEventListener('compositionend', ({ timeStamp }) => (endedAt = timeStamp), {
  capture: true,
});

// Like addEventListener('keydown'), for keys that are the page's.
export function onKey(target, listener, options) {
  const listens = (event) => {
    if (!isOfInputMethod(event)) listener(event);
  };
  target.addEventListener('keydown', listens, options);
}

// Within the element no listener hears the keys of an input method.
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
