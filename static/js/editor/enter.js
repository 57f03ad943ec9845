// Enter in a field of one line runs. Shift+Enter always makes a new line.
import { onKey } from '../shell/input-method.js';

export function startEnter(form) {
  onKey(form, (event) => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.dataset.enter === 'run') {
      event.preventDefault();
      pressRun();
    } else if (event.target.matches('input.number, .chip-input')) {
      event.preventDefault();
    }
  });
  form.querySelector('.default-submit').addEventListener('click', (event) => {
    event.preventDefault();
    pressRun();
  });
}

function pressRun() {
  document.getElementById('run').click();
}
