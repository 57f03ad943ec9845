// Drafts that a page could not send when it was left. They wait in the browser, each under the
// page's own random word ("writer"), as { address, account, body }.
const PREFIX = 'unsent-draft ';

// account: the draft's owner, "" for a guest. body null: nothing of the page waits any more.
export function keepUnsent(writer, { address, account, body }) {
  try {
    if (body === null) localStorage.removeItem(PREFIX + writer);
    else
      localStorage.setItem(
        PREFIX + writer,
        JSON.stringify({ address, account, body: String(body) }),
      );
  } catch {
    // Storage is refused or full.
  }
}

export function forgetUnsent(writer) {
  keepUnsent(writer, { body: null });
}

// The waiting drafts of a deleted account belong to nobody.
export function forgetAccount(account) {
  for (const [writer, unsent] of all())
    if ((unsent.account ?? '') === account) forgetUnsent(writer);
}

// [writer, draft] of those that a page of `account` may send: an account's text waits for its
// account; a guest's text also for the account that the guest becomes.
export function waitingFor(account) {
  return all().filter(([, unsent]) => !unsent.account || unsent.account === account);
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
