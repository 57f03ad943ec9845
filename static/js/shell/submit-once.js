// A form that is being sent is not sent again by a double click: the browser would show the answer
// to the second one, and a dataset or a fine-tune would be there twice. Requests of htmx are its own
// (hx-sync), and forms whose scripts send them are not meant.

// A person who waits for longer means it.
const PAUSE_MS = 2000;
const sentAt = new WeakMap();

export function startSubmitOnce() {
  document.addEventListener('submit', (event) => {
    const { target: form, timeStamp: now } = event;
    // A field may be called "method": the attribute is the form's own.
    if (event.defaultPrevented || form.getAttribute('method') !== 'post') return;
    if (now - (sentAt.get(form) ?? Number.NEGATIVE_INFINITY) < PAUSE_MS) event.preventDefault();
    else sentAt.set(form, now);
  });
}
