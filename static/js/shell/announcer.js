// The page's one polite voice. Says no more than one thing a moment, the latest.

const MOMENT = 150;
let timer = 0;

export function announce(text) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    document.getElementById('announcer').textContent = text;
  }, MOMENT);
}
