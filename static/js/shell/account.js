// Whose account the page is of: a tag that says nothing else of it; "" for a guest.
export function pageAccount() {
  return document.documentElement.dataset.account;
}
