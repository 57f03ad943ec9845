// What a page could not send when it was left: too long for a last word, or no connection.
// It waits in the browser until the next page opens, and is gone from here once it is kept.
import { showTimes } from './library.js';

const PREFIX = 'unsent-draft ';

// Each page has a place of its own. body null: nothing of it waits any more.
export function keepUnsent(writer, address, body) {
  try {
    if (body === null) localStorage.removeItem(PREFIX + writer);
    else
      localStorage.setItem(
        PREFIX + writer,
        JSON.stringify({ address, account: account(), body: String(body) }),
      );
  } catch {
    // Storage is refused or full.
  }
}

// Sends what waits; then shows it or tells of it, if the page is its own, looks different and
// nothing was typed yet. contentOf(body) is what a person would call the content of a form.
export async function bringUnsent(form, contentOf, mayReload) {
  let isShown = true;
  for (const [writer, unsent] of waiting()) {
    const body = new URLSearchParams(unsent.body);
    body.set('csrfmiddlewaretoken', form.elements.csrfmiddlewaretoken.value);
    try {
      const headers = { Accept: 'application/json' };
      const response = await fetch(unsent.address, { method: 'POST', body, headers });
      const answer = await response.json();
      // Once something is deleted there is room for it. What else is refused is so for ever.
      if (answer.error?.code === 'quota_reached') continue;
      keepUnsent(writer, unsent.address, null);
      if (response.ok && isOfPage(form, unsent.address, body))
        isShown &&= shows(form, answer) || adopts(form, answer, contentOf, body);
    } catch {
      // Still no connection; the next page tries again.
    }
  }
  if (isShown || !mayReload()) return;
  try {
    const note = await otherNote(form);
    if (!mayReload()) return;
    if (note) takeNote(note);
    else location.reload();
  } catch {
    // No connection again; it is kept, and the next page that opens shows it.
  }
}

// What a page says that shows something else than the draft, a run say: it need not load again.
async function otherNote({ elements }) {
  if (elements.draft.value) return null;
  const response = await fetch(location.href);
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  return page.getElementById('draft-id')?.value ? null : page.getElementById('draft-note');
}

// What waits of an account that is no more ("" for a guest's) is nobody's.
export function forgetUnsent(account) {
  for (const [writer, unsent] of all())
    if ((unsent.account ?? '') === account) keepUnsent(writer, unsent.address, null);
}

function takeNote(note) {
  document.getElementById('draft-note').replaceWith(note);
  showTimes(note);
}

// What this page may send.
function waiting() {
  return all().filter(([, unsent]) => !unsent.account || unsent.account === account());
}

function all() {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX))
      .map((key) => [key.slice(PREFIX.length), JSON.parse(localStorage.getItem(key))]);
  } catch {
    return [];
  }
}

// Whose account the page is of. An account's text waits for its account; a guest's is whoever's
// the guest becomes.
function account() {
  return document.documentElement.dataset.account;
}

function isOfPage({ elements }, address, body) {
  const own = document.getElementById('draft-state').dataset.saveUrl;
  return address === own && (body.get('prompt_id') ?? '') === elements.prompt_id.value;
}

// The page shows the same text already: it was left and came back. The draft is its own now.
function adopts(form, { draft, revision, copy }, contentOf, body) {
  if (copy || contentOf(new URLSearchParams(new FormData(form))) !== contentOf(body)) return false;
  form.elements.draft.value = draft;
  form.elements.draft_revision.value = String(revision);
  return true;
}

function shows({ elements }, { draft, revision }) {
  const { draft: shown, draft_revision: seen } = elements;
  return !draft || (draft === shown.value && String(revision) === seen.value);
}
