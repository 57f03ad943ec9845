// The page's one polite voice. Says no more than one thing a moment, the latest.
// While a dialog is open over the page, only what is in the dialog is heard.
const MOMENT = 150;
let timer = 0;

export function announce(text) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const voice =
      document.querySelector('dialog[open] [data-voice]') ?? document.getElementById('announcer');
    if (voice) voice.textContent = text;
  }, MOMENT);
}
