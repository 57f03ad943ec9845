// A text that a page could not send when it was left: too long for a last save, or no connection.
// It waits in the browser until the next page opens, and is removed here once it is saved.
import { pageAccount } from '../shell/account.js';
import { forgetUnsent, waitingFor } from '../shell/unsent-store.js';
import { contentOf } from './draft-body.js';

// Sends the waiting text. Then it shows it or mentions it, if the page is the right one, looks
// different and nothing was typed yet.
export async function bringUnsent(form, mayReload) {
  let isShown = true;
  for (const [writer, unsent] of waitingFor(pageAccount())) {
    const body = new URLSearchParams(unsent.body);
    body.set('csrfmiddlewaretoken', form.elements.csrfmiddlewaretoken.value);
    try {
      const headers = { Accept: 'application/json' };
      const response = await fetch(unsent.address, { method: 'POST', body, headers });
      const answer = await response.json();
      // There will be room after something is deleted. Any other refusal is permanent.
      if (answer.error?.code === 'quota_reached') continue;
      forgetUnsent(writer);
      if (response.ok && isOfPage(form, unsent.address, body))
        isShown &&= isShownBy(form, answer) || adopt(form, answer, body);
    } catch {
      // Still no connection; the next page tries again.
    }
  }
  if (isShown || !mayReload()) return;
  try {
    const note = await fetchOtherNote(form);
    if (!mayReload()) return;
    if (note) document.getElementById('draft-note').replaceWith(note);
    else location.reload();
  } catch {
    // Still no connection; the text is kept, and the next page that opens shows it.
  }
}

// A page that shows something other than the draft, such as a run, says so and need not load again.
async function fetchOtherNote({ elements }) {
  if (elements.draft.value) return null;
  const response = await fetch(location.href);
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  return page.getElementById('draft-id')?.value ? null : page.getElementById('draft-note');
}

function isOfPage({ elements }, address, body) {
  const own = document.getElementById('draft-state').dataset.saveUrl;
  return address === own && (body.get('prompt_id') ?? '') === elements.prompt_id.value;
}

// The page already shows the same text: it was left and came back. The draft belongs to it now.
function adopt(form, { draft, revision, copy }, body) {
  if (copy || contentOf(new URLSearchParams(new FormData(form))) !== contentOf(body)) return false;
  form.elements.draft.value = draft;
  form.elements.draft_revision.value = String(revision);
  return true;
}

function isShownBy({ elements }, { draft, revision }) {
  const { draft: shown, draft_revision: seen } = elements;
  return !draft || (draft === shown.value && String(revision) === seen.value);
}
