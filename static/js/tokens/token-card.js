// The card of one token: its text, its likelihood, and the alternatives.
import { markOwnText } from '../shell/own-text.js';
import { percent } from './likelihood.js';
import { TokenTexts } from './token-texts.js';

const MAX_ALTERNATIVES = 5;
const SIGNS = { ' ': '␣', '\n': '⏎', '\t': '⇥' };
let texts = null;

// Whether probabilities are visible at all.
export function areProbabilitiesShown() {
  return document.getElementById('card').hasAttribute('data-probabilities');
}

export function tokenCard([id, text, logprob, top]) {
  const card = document.createElement('div');
  card.className = 'token-card';
  card.append(row(text, logprob, { isChosen: true }));
  const others = (top ?? []).filter(([other]) => other !== id).slice(0, MAX_ALTERNATIVES);
  if (others.length > 0) card.append(alternatives(others));
  return card;
}

export function inWords([, text, logprob]) {
  return `${drawSpaces(text)}: ${percent(logprob)}`;
}

function alternatives(others) {
  const list = document.createElement('ul');
  list.setAttribute('aria-label', 'Instead');
  const cells = new Map();
  for (const [id, logprob] of others) {
    const item = document.createElement('li');
    item.append(row('', logprob));
    cells.set(id, item.querySelector('.token-text'));
    list.append(item);
  }
  fillIn(cells);
  return list;
}

async function fillIn(cells) {
  texts ??= new TokenTexts(document.getElementById('paper').dataset.tokensUrl);
  const { model } = document.getElementById('run-panel').dataset;
  const found = await texts.of(model, [...cells.keys()]);
  for (const [id, cell] of cells) cell.textContent = drawSpaces(found.get(id) ?? `token ${id}`);
}

function row(text, logprob, { isChosen = false } = {}) {
  const line = document.createElement('span');
  line.className = 'token-row';
  line.toggleAttribute('data-chosen', isChosen);
  const words = document.createElement('span');
  words.className = 'token-text';
  markOwnText(words);
  words.textContent = drawSpaces(text);
  const share = document.createElement('span');
  share.className = 'token-share';
  share.textContent = percent(logprob);
  line.append(words, share);
  return line;
}

// White space is made visible, or some tokens would show nothing.
function drawSpaces(text) {
  return text.replace(/[ \n\t]/g, (sign) => SIGNS[sign]);
}
