// The card of a token in a completion that stands by itself: under the pointer, at a touch, and
// by the arrow keys.
import { announce } from '../shell/announcer.js';
import { onKey } from '../shell/input-method.js';
import { areShown, inWords, tokenCard } from '../tokens/token-card.js';
import { tokenOf } from './output.js';

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const GAP = 6;
let popup = null;
let current = null;

export function startTokenKeys() {
  document.addEventListener('pointerover', ({ target }) =>
    show(target.closest?.('.output .token')),
  );
  document.addEventListener('focusin', prepare);
  document.addEventListener('focusout', () => show(null));
  document.addEventListener('htmx:afterSettle', prepare);
  document.addEventListener('scroll', () => show(null), { passive: true });
  onKey(document, (event) => {
    if (event.target.id !== 'output') return;
    if (event.key in STEPS) step(event);
    else if (event.key === 'Escape' && popup) {
      event.preventDefault();
      show(null);
    }
  });
}

// Tokens are gone through by keys where there are any.
function prepare() {
  const output = document.getElementById('output');
  const isMarked = areShown() && output?.querySelector('.token');
  if (!isMarked) return;
  output.tabIndex = 0;
  output.setAttribute('role', 'group');
  output.setAttribute('aria-label', 'Completion; arrow keys go through its tokens');
}

function step(event) {
  const tokens = [...event.target.querySelectorAll('.token')];
  const at = tokens.indexOf(current) + STEPS[event.key];
  if (!(at in tokens)) return;
  event.preventDefault();
  tokens[at].scrollIntoView({ block: 'nearest' });
  show(tokens[at]);
  announce(inWords(tokenOf.get(tokens[at])));
}

function show(element) {
  const token = element && areShown() && tokenOf.get(element);
  if (element && element === current) return;
  popup?.remove();
  popup = null;
  current?.removeAttribute('data-current');
  if (!token) return;
  current = element;
  current.setAttribute('data-current', '');
  popup = document.createElement('div');
  popup.className = 'token-popup';
  popup.append(tokenCard(token));
  document.body.append(popup);
  place(element.getClientRects()[0]);
}

function place({ left, top, bottom }) {
  const { offsetWidth: width, offsetHeight: height } = popup;
  const above = top - height - GAP;
  popup.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
  popup.style.top = `${above > 0 ? above : bottom + GAP}px`;
}
