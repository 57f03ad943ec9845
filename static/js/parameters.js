// The parameter panel: slider and number as one, what was changed, stops as
// chips, the seed, and the sheet on a phone.
import { StopChips } from './stops.js';

const PHONE = window.matchMedia('(width < 760px)');

export function startParameters(editor) {
  const panel = document.getElementById('parameters-body');
  const stops = new StopChips(
    document.getElementById('stop-chips'),
    document.getElementById('parameter-stop'),
  );
  const numbers = [...panel.querySelectorAll('.parameter:has(.slider)')].map(bindNumber);
  const seed = document.getElementById('parameter-seed');
  const probabilities = document.getElementById('parameter-logprobs');
  const injected = [...panel.querySelectorAll('.injected')];

  const count = () => {
    const changed = panel.querySelectorAll('[data-changed]').length;
    document.getElementById('changed-count').textContent =
      changed > 0 ? `${changed} changed` : 'Nothing changed';
    document.getElementById('reset-parameters').hidden = changed === 0;
    showOnButton(changed);
  };
  const check = () => {
    for (const number of numbers) number.mark();
    mark(seed, seed.value.trim() !== '');
    mark(probabilities, probabilities.checked);
    for (const input of injected) mark(input, input.value !== '');
    editor.card.toggleAttribute('data-probabilities', probabilities.checked);
    mark(stops.input, stops.changed);
    count();
  };
  panel.addEventListener('input', check);
  panel.addEventListener('change', check);
  document.getElementById('reset-parameters').addEventListener('click', () => {
    for (const number of numbers) number.reset();
    seed.value = '';
    probabilities.checked = false;
    for (const input of injected) input.value = '';
    stops.reset();
    check();
    editor.previewSoon();
    seed.focus();
  });
  document.getElementById('pin-seed').addEventListener('click', () => {
    seed.value = document.getElementById('seed-value').textContent;
    check();
    seed.focus();
  });
  // The button in the dock is drawn anew with each run.
  document.addEventListener('htmx:afterSettle', count);
  panel.addEventListener('click', ({ target }) => {
    const help = target.closest('.help-button');
    if (help) help.setAttribute('aria-expanded', String(help.ariaExpanded !== 'true'));
  });
  check();
  startSheet(panel);
}

function bindNumber(element) {
  const input = element.querySelector('.number');
  const slider = element.querySelector('.slider');
  const { min, max, off } = input.dataset;
  const isWhole = 'whole' in input.dataset;

  const read = () => {
    const text = input.value.trim().replace(',', '.');
    if (off !== undefined && text.toLowerCase() === 'off') return Number(off);
    return text === '' ? Number.NaN : Number(text);
  };
  const write = (value) => {
    if (input.name === 'top_k' && value === Number(off)) return 'off';
    return isWhole ? String(Math.round(value)) : value.toFixed(2);
  };
  const fill = () => {
    const share = (Number(slider.value) - Number(min)) / (Number(max) - Number(min));
    // What can be negative is filled from its zero.
    const zero = Number(min) < 0 ? -Number(min) / (Number(max) - Number(min)) : 0;
    slider.style.setProperty('--from', zero ? place(Math.min(zero, share)) : '0%');
    slider.style.setProperty('--fill', place(Math.max(zero, share)));
    slider.setAttribute('aria-valuetext', write(Number(slider.value)));
  };
  const follow = () => {
    const value = read();
    if (!Number.isNaN(value)) slider.value = String(value);
    fill();
  };
  slider.addEventListener('input', () => {
    input.value = write(Number(slider.value));
    fill();
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
  input.addEventListener('input', () => {
    if (document.activeElement === input) follow();
  });
  input.addEventListener('change', () => {
    const value = read();
    const inside = Math.min(Math.max(Number.isNaN(value) ? Number.NaN : value, min), max);
    input.value = Number.isNaN(inside) ? element.dataset.default : write(inside);
    follow();
  });
  input.addEventListener('focus', () => input.select());
  follow();
  return {
    mark: () => mark(input, write(read()) !== element.dataset.default),
    reset: () => {
      input.value = element.dataset.default;
      follow();
    },
  };
}

// The thumb's middle does not reach the ends of the track.
function place(share) {
  return `calc(${share * 100}% + ${0.5 - share} * 1rem)`;
}

function mark(input, isChanged) {
  input.closest('.parameter').toggleAttribute('data-changed', isChanged);
}

function showOnButton(changed) {
  const span = document.getElementById('changed-count-button');
  if (!span) return;
  span.textContent = changed > 0 ? `· ${changed}` : '';
}

// On a phone the panel moves into a dialog: focus, Escape and the page behind
// are then the browser's business.
function startSheet(panel) {
  const sheet = document.getElementById('parameter-sheet');
  const home = document.getElementById('parameters');
  const open = () => {
    sheet.append(panel);
    sheet.showModal();
  };
  const putBack = () => home.append(panel);
  document.addEventListener('click', ({ target }) => {
    if (target.closest('#open-parameters')) open();
    else if (target.closest('[data-close-sheet]') || target === sheet) sheet.close();
  });
  sheet.addEventListener('close', putBack);
  PHONE.addEventListener('change', () => {
    if (sheet.open) sheet.close();
  });
}
