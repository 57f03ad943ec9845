// Has the page's model rate the tokens of the prompt, and waits for the result.

const FIRST_MS = 150;
const LONGEST_MS = 2000;
// So often in a row the server may give no answer.
const MOST_FAILURES = 10;
const NO_ANSWER = 'The server did not answer. Try again.';
const JSON_ONLY = { Accept: 'application/json' };

// { text, tokens, result } of the form's prompt: its text in the box, its tokens, and their
// probabilities (scored-pieces.js). onNote(text) is called with what it waits for, "" for its turn.
// Throws an Error with a sentence for people; an AbortError when the signal ends it.
export async function scorePrompt(url, form, { signal, onNote }) {
  const { url: address, text, tokens } = await ask(url, { method: 'POST', body: form, signal });
  try {
    const result = await waitFor(address, { signal, onNote });
    return { text, tokens, result };
  } catch (error) {
    if (signal.aborted) forget(address, form.get('csrfmiddlewaretoken'));
    throw error;
  }
}

async function waitFor(address, { signal, onNote }) {
  let failures = 0;
  for (let pause = FIRST_MS; ; pause = Math.min(1.5 * pause, LONGEST_MS)) {
    await sleep(pause, signal);
    const state = await ask(address, { signal }).catch((error) => {
      failures += 1;
      if (error.isFinal || signal.aborted || failures >= MOST_FAILURES) throw error;
      return null;
    });
    if (!state) continue;
    failures = 0;
    if (state.status === 'succeeded') return state.result;
    if (state.status === 'failed') throw new Error(state.error);
    onNote(state.note);
  }
}

// What the server answers. An error that another try would meet again is final.
async function ask(url, options) {
  const answer = await fetch(url, { ...options, headers: JSON_ONLY }).catch((error) => {
    if (options.signal.aborted) throw error;
    throw new Error(NO_ANSWER);
  });
  const found = await answer.json().catch(() => null);
  if (answer.ok && found) return found;
  const error = new Error(found?.error?.message ?? NO_ANSWER);
  error.isFinal = answer.status >= 400 && answer.status < 500;
  throw error;
}

function forget(address, token) {
  fetch(address, { method: 'DELETE', headers: { 'X-CSRFToken': token } }).catch(() => {});
}

function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
