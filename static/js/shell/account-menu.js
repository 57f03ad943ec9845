// Signing in comes back to the page as it is by then: a run gives it a new address.
export function startAccountMenu() {
  for (const link of document.querySelectorAll('a[data-comes-back]')) {
    link.addEventListener('click', () => {
      const address = new URL(link.href);
      address.searchParams.set('next', location.pathname + location.search);
      link.href = address.href;
    });
  }
}
