// The parameter panel: numbers, changed values, stops as chips, the seed, and the sheet on a phone.
import { bindNumber } from './numbers.js';
import { StopChips } from './stops.js';
import { TokenBias } from './token-bias.js';

const PHONE = window.matchMedia('(width < 760px)');

export function startParameters(editor) {
  const panel = document.getElementById('parameters-body');
  const stops = new StopChips(
    document.getElementById('stop-chips'),
    document.getElementById('parameter-stop'),
  );
  const numbers = [...panel.querySelectorAll('.parameter[data-default]:has(.slider)')].map(
    bindNumber,
  );
  const bias = new TokenBias();
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
    for (const number of numbers) mark(number.input, number.isChanged);
    mark(seed, seed.value.trim() !== '');
    mark(probabilities, probabilities.checked);
    for (const input of injected) mark(input, input.value !== '');
    editor.card.toggleAttribute('data-probabilities', probabilities.checked);
    mark(stops.input, stops.changed);
    mark(bias.input, bias.isChanged);
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
    bias.reset();
    check();
    editor.previewSoon();
    seed.focus();
  });
  document.getElementById('pin-seed').addEventListener('click', () => {
    seed.value = document.getElementById('seed-value').textContent;
    check();
    seed.focus();
  });
  // The button in the dock is drawn again with each run.
  editor.form.addEventListener('htmx:afterSettle', count);
  panel.addEventListener('click', ({ target }) => {
    const help = target.closest('.help-button');
    if (help) help.setAttribute('aria-expanded', String(help.ariaExpanded !== 'true'));
  });
  check();
  startSheet(editor.form, panel);
}

function mark(input, isChanged) {
  input.closest('.parameter').toggleAttribute('data-changed', isChanged);
}

function showOnButton(changed) {
  const span = document.getElementById('changed-count-button');
  if (!span) return;
  span.textContent = changed > 0 ? `· ${changed}` : '';
}

// On a phone the panel moves into a dialog: the browser then handles focus, Escape and the page
// behind it.
function startSheet(form, panel) {
  const sheet = document.getElementById('parameter-sheet');
  const home = document.getElementById('parameters');
  const open = () => {
    sheet.append(panel);
    sheet.showModal();
  };
  const putBack = () => home.append(panel);
  form.addEventListener('click', ({ target }) => {
    if (target.closest('#open-parameters')) open();
    else if (target.closest('[data-close-sheet]') || target === sheet) sheet.close();
  });
  sheet.addEventListener('close', putBack);
  PHONE.addEventListener('change', () => {
    if (sheet.open) sheet.close();
  });
}
