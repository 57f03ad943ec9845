// The card of a token in a separate completion: under the pointer, at a touch, and with the arrow
// keys.
import { announce } from '../shell/announcer.js';
import { onKey } from '../shell/input-method.js';
import { areProbabilitiesShown, inWords, tokenCard } from '../tokens/token-card.js';
import { tokenOf } from './output.js';

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const GAP = 6;

export class TokenKeys {
  #output = null;
  #popup = null;
  // The token whose card is open, or was last.
  #current = null;
  // Stops listening for the pointer elsewhere.
  #opening = null;

  constructor(editor) {
    document.addEventListener('scroll', () => this.#hide(), { passive: true });
    // Probabilities may be turned on after the run.
    editor.form.addEventListener('change', () => this.prepare());
  }

  // Another completion is on the page.
  attach(output) {
    this.#hide();
    this.#current = null;
    this.#output = output;
    output.addEventListener('pointerover', ({ target }) => this.#point(target.closest('.token')));
    output.addEventListener('focusout', () => this.#hide());
    onKey(output, (event) => this.#press(event));
    this.prepare();
  }

  // Keys move through the tokens if there are any.
  prepare() {
    const output = this.#output;
    if (!areProbabilitiesShown() || !output?.querySelector('.token')) return;
    output.tabIndex = 0;
    output.setAttribute('role', 'group');
    output.setAttribute('aria-label', 'Completion; arrow keys go through its tokens');
  }

  #press(event) {
    if (event.target !== this.#output) return;
    if (event.key in STEPS) {
      this.#step(event);
    } else if (event.key === 'Escape' && this.#popup) {
      event.preventDefault();
      this.#hide();
    }
  }

  #step(event) {
    const tokens = [...this.#output.querySelectorAll('.token')];
    const at = tokens.indexOf(this.#current) + STEPS[event.key];
    if (!(at in tokens)) return;
    event.preventDefault();
    tokens[at].scrollIntoView({ block: 'nearest' });
    this.#show(tokens[at]);
    announce(inWords(tokenOf.get(tokens[at])));
  }

  #point(element) {
    if (element && element === this.#current && this.#popup) return;
    this.#show(element);
  }

  #hide() {
    this.#opening?.abort();
    this.#popup?.remove();
    this.#popup = null;
    this.#current?.removeAttribute('data-current');
  }

  #show(element) {
    this.#hide();
    const token = element && areProbabilitiesShown() && tokenOf.get(element);
    if (!token) return;
    this.#current = element;
    element.setAttribute('data-current', '');
    this.#popup = document.createElement('div');
    this.#popup.className = 'token-popup';
    this.#popup.append(tokenCard(token));
    document.body.append(this.#popup);
    this.#place(element.getClientRects()[0]);
    this.#hideElsewhere();
  }

  // A finger leaves the token as soon as it is lifted; the card stays until the next touch
  // elsewhere.
  #hideElsewhere() {
    this.#opening = new AbortController();
    document.addEventListener(
      'pointerover',
      ({ target }) => {
        if (!this.#output.contains(target)) this.#hide();
      },
      { signal: this.#opening.signal },
    );
  }

  #place({ left, top, bottom }) {
    const { offsetWidth: width, offsetHeight: height, style } = this.#popup;
    const above = top - height - GAP;
    style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
    style.top = `${above > 0 ? above : bottom + GAP}px`;
  }
}
