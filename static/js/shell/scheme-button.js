// The button that goes from the system's colour scheme to light to dark.
const ORDER = ['auto', 'light', 'dark'];
const NAMES = { auto: 'as the system', light: 'light', dark: 'dark' };

export function startSchemeButton() {
  const button = document.getElementById('scheme-button');
  const label = document.getElementById('scheme-label');
  const show = () => {
    label.textContent = `Colour scheme: ${NAMES[current()]}`;
    button.title = label.textContent;
  };
  button.addEventListener('click', () => {
    choose(ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length]);
    show();
  });
  show();
}

function current() {
  return document.documentElement.dataset.scheme ?? 'auto';
}

function choose(scheme) {
  const root = document.documentElement;
  if (scheme === 'auto') delete root.dataset.scheme;
  else root.dataset.scheme = scheme;
  try {
    if (scheme === 'auto') localStorage.removeItem('scheme');
    else localStorage.setItem('scheme', scheme);
  } catch {
    // Storage is refused: the choice holds for this page.
  }
}
