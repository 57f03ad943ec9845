// When text that streams is drawn: in a frame, with all that has come, and not in every frame.
// Thirty times a second looks as smooth as sixty and leaves the other half to who types. All that
// draws does it in the same frame: the page has one beat.

const MIN_PAUSE_MS = 30;
// So long a person's keys may put it off.
const MAX_DELAY_MS = 100;

const asking = new Set();
let timer = 0;
let frame = 0;
let last = Number.NEGATIVE_INFINITY;

export class Beat {
  #draw;

  constructor(draw) {
    this.#draw = draw;
  }

  // Draws soon; asked again before that, no more often.
  ask() {
    asking.add(this.#draw);
    if (timer || frame) return;
    const wait = last + MIN_PAUSE_MS - performance.now();
    if (wait > 0) timer = setTimeout(askFrame, wait);
    else askFrame();
  }

  cancel() {
    asking.delete(this.#draw);
  }
}

// A key was pressed: its letter has the next frame for itself.
export function giveWay() {
  if (!frame || performance.now() - last > MAX_DELAY_MS) return;
  cancelAnimationFrame(frame);
  frame = 0;
  timer = setTimeout(askFrame, MIN_PAUSE_MS);
}

function askFrame() {
  timer = 0;
  frame = requestAnimationFrame(() => {
    frame = 0;
    last = performance.now();
    const draws = [...asking];
    asking.clear();
    for (const draw of draws) draw();
  });
}
