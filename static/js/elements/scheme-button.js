// <scheme-button>: its button switches from the system's colour scheme to light to dark.
const ORDER = ['auto', 'light', 'dark'];
const NAMES = { auto: 'as the system', light: 'light', dark: 'dark' };

class SchemeButton extends HTMLElement {
  constructor() {
    super();
    this.addEventListener('click', () => {
      this.choose(ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length]);
    });
  }

  // What can be chosen: { scheme, name, isChosen }.
  get schemes() {
    return ORDER.map((scheme) => ({ scheme, name: NAMES[scheme], isChosen: scheme === current() }));
  }

  choose(scheme) {
    use(scheme);
    this.#show();
  }

  connectedCallback() {
    this.#show();
  }

  #show() {
    const text = `Colour scheme: ${NAMES[current()]}`;
    this.querySelector('.scheme-label').textContent = text;
    this.querySelector('button').title = text;
  }
}

function current() {
  return document.documentElement.dataset.scheme ?? 'auto';
}

function use(scheme) {
  const root = document.documentElement;
  if (scheme === 'auto') delete root.dataset.scheme;
  else root.dataset.scheme = scheme;
  try {
    if (scheme === 'auto') localStorage.removeItem('scheme');
    else localStorage.setItem('scheme', scheme);
  } catch {
    // Storage is refused: the choice applies to this page only.
  }
}

customElements.define('scheme-button', SchemeButton);
