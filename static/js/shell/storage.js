// What this browser remembers: until it is closed in sessionStorage, or else in localStorage. A
// browser may refuse its storage: then nothing is remembered, and all else works.

// The text that is kept under the key, or null.
export function readStored(key, { isForSession = false } = {}) {
  try {
    return area(isForSession).getItem(key);
  } catch {
    return null;
  }
}

// text null: nothing is kept any more.
export function store(key, text, { isForSession = false } = {}) {
  try {
    if (text === null) area(isForSession).removeItem(key);
    else area(isForSession).setItem(key, text);
  } catch {
    // Refused, or full.
  }
}

// Reading the property can throw as well.
function area(isForSession) {
  return isForSession ? sessionStorage : localStorage;
}
