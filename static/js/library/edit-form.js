// The form that takes the place of a row of a list: Escape cancels it.
import { onKey } from '../shell/input-method.js';

export function startEditForms() {
  onKey(document, ({ key, target }) => {
    if (key === 'Escape')
      target.closest('.edit-form')?.querySelector('[data-cancel-edit]')?.click();
  });
}
