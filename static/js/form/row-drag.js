// Dragging a row of examples by its grip to another place.
import { goalAt } from './drop-goal.js';
import { moveRow, rowsOf } from './row-order.js';

const DRAG_FROM = 4;
const ENDS = ['pointerup', 'pointercancel', 'lostpointercapture'];
const MARKS = ['data-dragged', 'data-drop-before', 'data-drop-after'];

// event: the pointerdown on the grip.
export function startDrag(event, handle) {
  const fieldset = handle.closest('[data-rows]');
  const rows = rowsOf(fieldset);
  const from = rows.indexOf(handle.closest('.example'));
  const drag = { isOn: false, to: from };
  const follow = ({ clientY }) => {
    drag.isOn ||= Math.abs(clientY - event.clientY) > DRAG_FROM;
    if (!drag.isOn) return;
    rows[from].setAttribute('data-dragged', '');
    drag.to = goalAt(rows.map(middleOf), from, clientY);
    rows.forEach((row, index) => {
      row.toggleAttribute('data-drop-before', index === drag.to && drag.to < from);
      row.toggleAttribute('data-drop-after', index === drag.to && drag.to > from);
    });
  };
  const end = ({ type }) => {
    handle.removeEventListener('pointermove', follow);
    for (const name of ENDS) handle.removeEventListener(name, end);
    for (const row of rows) for (const mark of MARKS) row.removeAttribute(mark);
    if (!drag.isOn) return;
    // The click that ends a drag does not open the menu.
    addEventListener('click', swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener('click', swallow, { capture: true }));
    if (type === 'pointerup') moveRow(fieldset, from, drag.to);
  };
  handle.setPointerCapture(event.pointerId);
  handle.addEventListener('pointermove', follow);
  for (const name of ENDS) handle.addEventListener(name, end);
}

function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}

function middleOf(row) {
  const { top, height } = row.getBoundingClientRect();
  return top + height / 2;
}
