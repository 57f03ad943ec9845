// Scrolls to the panel's end when a run starts and when it ends, never in between, and not after
// the person has scrolled.
export class FootScroll {
  #isAllowed = false;

  constructor() {
    for (const scrolling of ['wheel', 'touchmove'])
      document.addEventListener(scrolling, () => this.forbid(), { passive: true });
  }

  allow() {
    this.#isAllowed = true;
  }

  forbid() {
    this.#isAllowed = false;
  }

  // In the next frame, which computes the layout anyway.
  show(panel) {
    requestAnimationFrame(() => {
      if (this.#isAllowed) panel.foot.scrollIntoView({ block: 'nearest' });
    });
  }
}
