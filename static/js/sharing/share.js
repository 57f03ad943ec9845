// The dialog that shares a prompt, and the buttons that copy addresses.
const LABEL_MS = 1600;

export function startShare() {
  startDialog();
  document.addEventListener('click', ({ target }) => {
    const button = target.closest('[data-copy]');
    if (button) copy(button);
  });
  // To read an address is to choose all of it.
  document.addEventListener('focusin', ({ target }) => {
    if (target.matches('[data-address]')) target.select();
  });
}

function startDialog() {
  const dialog = document.getElementById('share');
  if (!dialog) return;
  const body = document.getElementById('share-body');
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog || target.closest('[data-close-share]')) dialog.close();
  });
  document.addEventListener('htmx:afterSwap', ({ detail: { target } }) => {
    if (target === body) open(dialog);
    if (dialog.open) say(dialog.querySelector('[role=alert], [data-announce]')?.textContent);
  });
}

function open(dialog) {
  if (dialog.open) return;
  // A link to what was on the page then is none to what is on it now.
  document.getElementById('state-link')?.replaceChildren();
  dialog.showModal();
}

async function copy(button) {
  const address = button.parentElement.querySelector('[data-address]');
  const label = button.querySelector('[data-copy-label]');
  try {
    await navigator.clipboard.writeText(address.value);
    label.textContent = 'Copied';
    say('Copied.');
  } catch {
    // No clipboard here: the address is marked, so that a key copies it.
    address.select();
    label.textContent = 'Press Ctrl+C';
  }
  setTimeout(() => {
    label.textContent = 'Copy';
  }, LABEL_MS);
}

// The page's own voice is silent while a dialog is open over it.
function say(text) {
  const voice = document.getElementById('share-said');
  if (voice && text) voice.textContent = text.trim();
}
