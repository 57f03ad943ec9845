// Texts that are longer than the server accepts: reported on the page, without sending them.
import { tooManyCharacters } from './lengths.js';

const AREAS = '#fields textarea, #variables textarea, #field-message';

// The first text on the page that is too long: { field, sentence }; null if there is none.
export function tooLong({ form, view, isFree, isDetached }) {
  const promptLimit = Number(form.dataset.promptLimit);
  const fieldLimit = Number(form.dataset.fieldLimit);
  const { doc } = view.state;
  if ((isFree || isDetached) && doc.length > promptLimit) {
    const sentence = tooManyCharacters('The prompt', doc.toString(), promptLimit);
    if (sentence) return { field: 'prompt', sentence };
  }
  for (const area of form.querySelectorAll(AREAS)) {
    const sentence = tooManyCharacters(nameOf(area), area.value, fieldLimit);
    if (sentence) return { field: area.name, sentence };
  }
  return null;
}

export function showTooLong(sentence) {
  const note = document.getElementById('fit-note');
  const warning = document.createElement('p');
  warning.className = 'fit-warning';
  warning.textContent = sentence;
  if (note.textContent.trim() !== sentence) note.replaceChildren(warning);
  gauge({ text: 'too long', isOver: true });
}

// Nothing is known about the current text, and an older number would be wrong.
export function forgetCount() {
  gauge({ text: '–', isOver: false });
}

function gauge({ text, isOver }) {
  const element = document.getElementById('gauge');
  element.dataset.over = isOver ? 'yes' : 'no';
  element.querySelector('b').textContent = text;
  const share = isOver ? 100 : 0;
  element.querySelector('.ring-fill').setAttribute('stroke-dasharray', `${share} 100`);
}

function nameOf(area) {
  return area.ariaLabel ?? area.labels[0]?.textContent.trim() ?? 'The text';
}
