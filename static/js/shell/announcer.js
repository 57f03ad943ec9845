// The page's one polite live region. It says at most one thing at a time, the latest. While a
// dialog is open, only its contents are announced.
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
