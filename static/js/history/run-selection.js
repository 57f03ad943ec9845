import { drawDays } from './days.js';

const MOST_COMPARED = 4;

// <run-selection>: the list of runs and the bar of the selected ones. Its forms and links are real
// ones, so all of it works without this script.
class RunSelection extends HTMLElement {
  // The box that was pressed last.
  #last = null;

  constructor() {
    super();
    this.addEventListener('change', ({ target }) => {
      if (target.name === 'run') this.#show();
    });
    this.addEventListener('click', ({ target, shiftKey }) => {
      if (target.closest('#clear-selection')) this.#clear();
      if (target.name === 'run') this.#select(target, shiftKey);
    });
    // Older runs were added.
    this.addEventListener('htmx:afterSettle', ({ target }) => {
      drawDays(this);
      this.#show();
      focusFirstNew(target);
    });
  }

  connectedCallback() {
    drawDays(this);
    this.#show();
  }

  get #selected() {
    return [...this.querySelectorAll('[name=run]:checked')];
  }

  // With Shift, all from the last pressed box to this one.
  #select(box, isRange) {
    const boxes = [...this.querySelectorAll('[name=run]')];
    const [one, other] = [boxes.indexOf(this.#last), boxes.indexOf(box)].sort((a, b) => a - b);
    if (isRange && one >= 0)
      for (const between of boxes.slice(one, other + 1)) between.checked = box.checked;
    this.#last = box;
    this.#show();
  }

  #clear() {
    for (const box of this.#selected) box.checked = false;
    this.#show();
  }

  #show() {
    const count = this.#selected.length;
    this.querySelector('.selection-bar').hidden = count === 0;
    this.querySelector('.selection-count').textContent = `${count} selected`;
    this.querySelector('#compare-selected').disabled = count < 2 || count > MOST_COMPARED;
  }
}

// The pressed button is gone; the focus goes to the runs that replaced it.
function focusFirstNew(row) {
  if (document.activeElement === document.body)
    row.querySelector('.history-link')?.focus({ preventScroll: true });
}

customElements.define('run-selection', RunSelection);
