// The page's account: a tag that reveals nothing else about it; "" for a guest.
export function pageAccount() {
  return document.documentElement.dataset.account;
}
