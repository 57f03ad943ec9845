// The tabs of the card: fields and prompt. The free page has none.
import { onKey } from '../shell/input-method.js';

export class Tabs {
  #card;

  constructor(card) {
    this.#card = card;
    const list = card.querySelector('[role=tablist]');
    if (!list) return;
    list.addEventListener('click', ({ target }) => {
      if (target.dataset.tab) this.show(target.dataset.tab);
    });
    onKey(list, (event) => this.#press(event, [...list.children]));
  }

  // The name of the current tab.
  get shown() {
    return this.#card.dataset.tab;
  }

  // listener() is called when another tab is shown.
  onShow(listener) {
    this.#card.addEventListener('tab', listener);
  }

  show(name) {
    const tabs = [...this.#card.querySelectorAll('.tab')];
    if (!tabs.some(({ dataset }) => dataset.tab === name)) return;
    this.#card.dataset.tab = name;
    for (const tab of tabs) {
      const isShown = tab.dataset.tab === name;
      tab.setAttribute('aria-selected', String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
    }
    this.#card.dispatchEvent(new Event('tab'));
  }

  #press(event, tabs) {
    const to = { ArrowLeft: -1, ArrowRight: 1, Home: -tabs.length, End: tabs.length }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const at = Math.min(Math.max(tabs.indexOf(document.activeElement) + to, 0), tabs.length - 1);
    this.show(tabs[at].dataset.tab);
    tabs[at].focus();
  }
}
