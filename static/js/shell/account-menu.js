// Sign-in returns to the page's current address: a run changes it.
export function startAccountMenu() {
  for (const link of document.querySelectorAll('a[data-comes-back]')) {
    link.addEventListener('click', () => {
      const address = new URL(link.href);
      address.searchParams.set('next', location.pathname + location.search);
      link.href = address.href;
    });
  }
}
