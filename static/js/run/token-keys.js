// The card of a token in a separate completion: under the pointer, at a click or touch, and with
// the arrow keys. Alt+. and Alt+, go through what the text could continue with, Enter takes it.

import { branch } from '../panel/branching.js';
import { announce } from '../shell/announcer.js';
import { onKey } from '../shell/input-method.js';
import { areProbabilitiesShown, areTokensShown, isCardShown } from '../tokens/showing.js';
import { inWords, TokenCard } from '../tokens/token-card.js';
import { positionOf, tokenOf } from './output.js';

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
// By the key's place: with Alt some keyboards give other characters.
const ALTERNATIVES = { Period: 1, Comma: -1 };
const GAP = 6;
// The pointer may cross other text on its way to the card.
const LEAVING_MS = 300;

export class TokenKeys {
  #output = null;
  #run = '';
  #popup = null;
  #card = null;
  // The token whose card is open, or was last.
  #current = null;
  // A click keeps the card until the next one elsewhere.
  #isPinned = false;
  #leaving = 0;

  constructor(editor) {
    document.addEventListener('scroll', () => this.#hide(), { passive: true });
    document.addEventListener('pointerdown', ({ target }) => {
      if (!this.#popup?.contains(target) && !this.#output?.contains(target)) this.#hide();
    });
    // Probabilities may be turned on after the run.
    editor.form.addEventListener('change', () => this.prepare());
  }

  // Another completion is on the page.
  attach(output, run) {
    this.#hide();
    this.#current = null;
    this.#output = output;
    this.#run = run;
    output.addEventListener('pointerover', (event) => this.#point(event));
    output.addEventListener('pointerleave', ({ pointerType }) => {
      if (pointerType === 'mouse') this.#leaveSoon();
    });
    output.addEventListener('click', ({ target }) => this.#pin(target.closest('.token')));
    output.addEventListener('focusout', ({ relatedTarget }) => {
      if (!this.#popup?.contains(relatedTarget)) this.#hide();
    });
    onKey(output, (event) => this.#press(event));
    this.prepare();
  }

  // Keys move through the tokens if there are any.
  prepare() {
    const output = this.#output;
    const isShown = areProbabilitiesShown() || areTokensShown();
    if (!isShown || !output?.querySelector('.token')) return;
    output.tabIndex = 0;
    output.setAttribute('role', 'group');
    output.setAttribute('aria-label', 'Completion; arrow keys go through its tokens');
  }

  #press(event) {
    if (event.target !== this.#output) return;
    if (event.altKey && event.code in ALTERNATIVES) {
      event.preventDefault();
      if (!this.#popup) this.#show(this.#current ?? this.#output.querySelector('.token'));
      this.#card?.step(ALTERNATIVES[event.code]);
    } else if (event.key in STEPS && !event.altKey) {
      this.#step(event);
    } else if (event.key === 'Enter' && this.#card?.press()) {
      event.preventDefault();
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

  #point({ target, pointerType }) {
    const element = target.closest('.token');
    if (this.#isPinned || pointerType !== 'mouse' || !element) return;
    clearTimeout(this.#leaving);
    if (element !== this.#current || !this.#popup) this.#show(element);
  }

  #pin(element) {
    if (!element) return;
    if (element !== this.#current || !this.#popup) this.#show(element);
    this.#isPinned = Boolean(this.#popup);
  }

  #leaveSoon() {
    clearTimeout(this.#leaving);
    if (!this.#isPinned) this.#leaving = setTimeout(() => this.#hide(), LEAVING_MS);
  }

  #hide() {
    clearTimeout(this.#leaving);
    this.#isPinned = false;
    this.#popup?.remove();
    this.#popup = null;
    this.#card = null;
    this.#current?.removeAttribute('data-current');
  }

  #show(element) {
    this.#hide();
    const token = element && tokenOf.get(element);
    if (!token || !isCardShown(token)) return;
    this.#current = element;
    element.setAttribute('data-current', '');
    const position = positionOf.get(element);
    this.#card = new TokenCard(token, (id) => {
      this.#hide();
      branch(this.#run, { position, token: id });
    });
    this.#popup = document.createElement('div');
    this.#popup.className = 'token-popup';
    this.#popup.append(this.#card.dom);
    this.#popup.addEventListener('pointerenter', () => clearTimeout(this.#leaving));
    this.#popup.addEventListener('pointerleave', ({ pointerType }) => {
      if (pointerType === 'mouse') this.#leaveSoon();
    });
    document.body.append(this.#popup);
    this.#place(element.getClientRects()[0]);
  }

  #place({ left, top, bottom }) {
    const { offsetWidth: width, offsetHeight: height, style } = this.#popup;
    const above = top - height - GAP;
    style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
    style.top = `${above > 0 ? above : bottom + GAP}px`;
  }
}
