// Drafts that a page could not send when it was left. They wait in the browser, each in a place of
// its page's own ("writer"), as { address, account, body }.
const PREFIX = 'unsent-draft ';

// account: whose the draft is, "" for a guest's. body null: nothing of the page waits any more.
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

// What waits of an account that is no more is nobody's.
export function forgetAccount(account) {
  for (const [writer, unsent] of all())
    if ((unsent.account ?? '') === account) forgetUnsent(writer);
}

// [writer, draft] of those that a page of `account` may send: an account's text waits for its
// account; a guest's is whoever's the guest becomes.
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
