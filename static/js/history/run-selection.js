// <run-selection>: the list of runs and the bar of the selected ones. Its forms and links are real
// ones, so all of it works without this script.
class RunSelection extends HTMLElement {
  constructor() {
    super();
    this.addEventListener('change', ({ target }) => {
      if (target.name === 'run') this.#show();
    });
    this.addEventListener('click', ({ target }) => {
      if (target.closest('#clear-selection')) this.#clear();
    });
    // Older runs were added.
    this.addEventListener('htmx:afterSettle', ({ target }) => {
      this.#show();
      focusFirstNew(target);
    });
  }

  connectedCallback() {
    this.#show();
  }

  get #selected() {
    return [...this.querySelectorAll('[name=run]:checked')];
  }

  #clear() {
    for (const box of this.#selected) box.checked = false;
    this.#show();
  }

  #show() {
    const count = this.#selected.length;
    this.querySelector('.selection-bar').hidden = count === 0;
    this.querySelector('.selection-count').textContent = `${count} selected`;
    this.querySelector('#compare-selected').disabled = count !== 2;
  }
}

// The pressed button is gone; the focus goes to the runs that replaced it.
function focusFirstNew(row) {
  if (document.activeElement === document.body)
    row.querySelector('.history-link')?.focus({ preventScroll: true });
}

customElements.define('run-selection', RunSelection);
