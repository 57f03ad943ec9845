// Texts that are longer than the server takes: said on the page, without sending them.
// playground/runs/lengths.py says the same.

const AREAS = '#fields textarea, #variables textarea, #field-message';

// The first text on the page that is too long: { field, sentence }; null if there is none.
export function tooLong({ form, view, isFree }) {
  const { promptLimit, fieldLimit } = form.dataset;
  if (isFree || document.getElementById('detached').checked) {
    const { doc } = view.state;
    const sentence = doc.length > promptLimit && said('The prompt', doc.toString(), promptLimit);
    if (sentence) return { field: 'prompt', sentence };
  }
  for (const area of form.querySelectorAll(AREAS)) {
    const sentence = area.value.length > fieldLimit && said(nameOf(area), area.value, fieldLimit);
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

// Nothing is known of the text as it is now: a number of before would be wrong.
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

// The server counts characters, and JavaScript the halves of some.
function said(name, text, limit) {
  let count = 0;
  for (const _ of text) count += 1;
  if (count <= limit) return '';
  const [has, most] = [count, Number(limit)].map((number) => number.toLocaleString('en'));
  return `${name} has ${has} characters; the limit is ${most}. Shorten it.`;
}

function nameOf(area) {
  return area.ariaLabel ?? area.labels[0]?.textContent.trim() ?? 'The text';
}
