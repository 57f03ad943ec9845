// <example-rows>: rows of examples that can be reordered by dragging and by keys, shown as cards or
// as a table, and pasted from a spreadsheet.
import htmx from 'htmx.org';
import { announce } from '../shell/announcer.js';
import { onKey } from '../shell/input-method.js';
import { startDrag } from './row-drag.js';
import { cellsOf, moveRow, rowsOf } from './row-order.js';

const STEPS = { ArrowUp: -1, ArrowDown: 1 };
const VIEW = 'examples-view';

class ExampleRows extends HTMLElement {
  constructor() {
    super();
    onKey(this, (event) => this.#moveByKey(event));
    this.addEventListener('pointerdown', (event) => {
      const handle = event.target.closest('.grip');
      if (handle && event.button === 0) startDrag(event, handle);
    });
    this.addEventListener('click', (event) => this.#click(event));
    this.addEventListener('paste', (event) => this.#paste(event));
    // It does not bubble.
    this.addEventListener('beforetoggle', placeMenu, { capture: true });
  }

  connectedCallback() {
    this.#showView();
  }

  get #fieldset() {
    return this.querySelector('[data-rows]');
  }

  #moveByKey(event) {
    const { target, altKey, ctrlKey, metaKey, shiftKey } = event;
    const by = STEPS[event.key];
    const row = target.closest('.example');
    if (!by || !altKey || ctrlKey || metaKey || shiftKey || !row) return;
    event.preventDefault();
    const rows = rowsOf(this.#fieldset);
    const from = rows.indexOf(row);
    if (!(from + by in rows)) return;
    const column = cellsOf(row).indexOf(target);
    const { selectionStart, selectionEnd } = target;
    moveRow(this.#fieldset, from, from + by);
    const to = rows[from + by];
    if (column < 0) {
      to.querySelector('.grip').focus();
      return;
    }
    cellsOf(to)[column].focus();
    cellsOf(to)[column].setSelectionRange(selectionStart, selectionEnd);
  }

  #click(event) {
    const toggle = event.target.closest('.table-toggle');
    const move = event.target.closest('[data-move]');
    if (toggle) {
      localStorage.setItem(VIEW, toggle.ariaPressed === 'true' ? 'cards' : 'table');
      for (const rows of document.querySelectorAll('example-rows')) rows.#showView();
    } else if (move) {
      event.preventDefault();
      this.#moveByMenu(move);
    }
  }

  #moveByMenu(button) {
    button.closest('[popover]').hidePopover();
    const rows = rowsOf(this.#fieldset);
    const from = rows.indexOf(button.closest('.example'));
    const to = from + Number(button.dataset.move);
    moveRow(this.#fieldset, from, to);
    rows[to].querySelector('.grip').focus();
  }

  // Rows with only one view have no toggle.
  #showView() {
    const toggle = this.querySelector('.table-toggle');
    if (!toggle) return;
    const isTable = localStorage.getItem(VIEW) === 'table';
    toggle.setAttribute('aria-pressed', String(isTable));
    this.#fieldset.dataset.view = isTable ? 'table' : 'cards';
  }

  // Cells separated by tabs are rows of a spreadsheet.
  async #paste(event) {
    const row = event.target.closest('.example');
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!row || !text.includes('\t')) return;
    event.preventDefault();
    const { rows: name, url } = this.#fieldset.dataset;
    const at = rowsOf(this.#fieldset).indexOf(row);
    const values = { paste: `${name}:${at}`, pasted: text };
    const before = countRows();
    // The rows say where the answer goes; a target set here would also apply to an error.
    await htmx.ajax('POST', url, { source: event.target, values });
    const count = countRows() - before;
    if (count > 0) announce(`Rows added: ${count}.`);
  }
}

// On the whole page: the answer replaces these rows by others.
function countRows() {
  return document.querySelectorAll('.example').length;
}

function placeMenu({ newState, target }) {
  if (newState !== 'open' || !target.matches('.row-menu')) return;
  const { bottom, left, top } = target.previousElementSibling.getBoundingClientRect();
  const { style } = target;
  style.left = `${Math.max(8, left)}px`;
  // Above, if there is no room below.
  const isLow = bottom + 130 > innerHeight;
  style.top = isLow ? 'auto' : `${bottom + 4}px`;
  style.bottom = isLow ? `${innerHeight - top + 4}px` : 'auto';
}

customElements.define('example-rows', ExampleRows);
