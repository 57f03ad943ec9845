// <column-grip>: a border that a person moves to make the column beside it wider, by pointer or
// arrow keys. The width is a variable of the page, remembered in this browser.
import { onKey } from '../shell/input-method.js';
import { readStored, store } from '../shell/storage.js';

const KEY = 'column-width';
// In rem.
const [LEAST, MOST, USUAL, STEP] = [13.5, 32, 13.5, 1];

class ColumnGrip extends HTMLElement {
  #width = USUAL;

  connectedCallback() {
    this.tabIndex = 0;
    this.setAttribute('role', 'separator');
    this.setAttribute('aria-orientation', 'vertical');
    this.setAttribute('aria-label', 'Width of the column');
    this.setAttribute('aria-valuemin', String(LEAST));
    this.setAttribute('aria-valuemax', String(MOST));
    this.#set(Number(readStored(KEY)) || USUAL);
    this.addEventListener('pointerdown', (event) => this.#drag(event));
    this.addEventListener('dblclick', () => this.#keep(USUAL));
    onKey(this, (event) => this.#press(event));
  }

  #press(event) {
    const goal = {
      ArrowLeft: this.#width - STEP,
      ArrowRight: this.#width + STEP,
      Home: LEAST,
      End: MOST,
    }[event.key];
    if (goal === undefined) return;
    event.preventDefault();
    this.#keep(goal);
  }

  #drag(down) {
    down.preventDefault();
    this.focus();
    this.setPointerCapture(down.pointerId);
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const start = this.#width - down.clientX / rem;
    const move = ({ clientX }) => this.#set(start + clientX / rem);
    this.addEventListener('pointermove', move);
    const end = () => {
      this.removeEventListener('pointermove', move);
      this.#keep(this.#width);
    };
    this.addEventListener('pointerup', end, { once: true });
    this.addEventListener('pointercancel', end, { once: true });
  }

  #keep(width) {
    this.#set(width);
    store(KEY, String(this.#width));
  }

  #set(width) {
    this.#width = Math.min(MOST, Math.max(LEAST, width));
    this.setAttribute('aria-valuenow', this.#width.toFixed(1));
    document.documentElement.style.setProperty('--column', `${this.#width}rem`);
  }
}

customElements.define('column-grip', ColumnGrip);
