// When streamed text is drawn: in a frame, with all new text, and not in every frame. Thirty times
// a second looks as smooth as sixty and leaves the rest of the time to typing. All parts draw in
// the same frame: the page has one beat.

const MIN_PAUSE_MS = 30;
// The longest time that a person's keys may delay it.
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

  // Draws soon; further requests before that do not draw more often.
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

// A key was pressed: the next frame is only for its letter.
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
