// The run's panel on the page: the server's values when it drew the panel, and the page's output
// while the run continues.
import { isFinal } from './statuses.js';

export function findPanel() {
  return document.getElementById('run-panel');
}

export class Panel {
  #status;
  #note;
  #tools;
  #count;

  constructor(element) {
    this.element = element;
    // The output may move into the prompt's text, out of the panel.
    this.output = element.querySelector('#output');
    this.home = element.querySelector('#output-home');
    this.#status = element.querySelector('#status');
    this.#note = element.querySelector('#run-note');
    this.#tools = element.querySelector('#output-tools');
    this.#count = element.querySelector('#figure-tokens');
  }

  // The run's id, "" on a page without a run.
  get run() {
    return this.element.dataset.run ?? '';
  }

  get status() {
    return this.element.dataset.status;
  }

  set status(status) {
    this.element.dataset.status = status;
    this.#status.textContent = status;
    this.showCursor();
  }

  // Whether the server drew it after the run's end.
  get isFinal() {
    return this.element.dataset.final === 'yes';
  }

  // Whether it, or an output beside it, may get more text.
  get isLive() {
    return this.element.dataset.live === 'yes';
  }

  // Whether its output is one of several beside each other.
  get isBeside() {
    return this.element.querySelector('#outputs') !== null;
  }

  // Whether the page opened with another prompt than the run's.
  get isStale() {
    return 'stale' in this.element.dataset;
  }

  // The kind of output besides plain text: "table", "sql", "bubble" and so on.
  get kind() {
    return this.element.dataset.output;
  }

  get seed() {
    return this.element.dataset.seed;
  }

  // The address that draws the panel again.
  get address() {
    return this.element.dataset.outputUrl;
  }

  // The epoch of the text, and the position of the next token.
  get progress() {
    const { epoch, next } = this.element.dataset;
    return { epoch: Number(epoch), next: Number(next) };
  }

  // The tokens with their probabilities, or null.
  get tokens() {
    const { tokens } = this.element.dataset;
    return tokens ? JSON.parse(tokens) : null;
  }

  get note() {
    return this.#note.textContent;
  }

  set note(text) {
    if (this.note !== text) this.#note.textContent = text;
  }

  showCursor() {
    this.output.toggleAttribute('data-writing', this.status === 'running');
  }

  showCount(count) {
    this.#count.hidden = false;
    this.#count.querySelector('b').textContent = String(count);
  }

  showTools() {
    this.#tools.hidden = false;
  }

  showSeed() {
    document.getElementById('seed-used').hidden = !this.seed;
    if (this.seed) document.getElementById('seed-value').textContent = this.seed;
  }

  // While a run continues no other one can begin.
  showBusy(isBusy) {
    for (const id of ['run', 'run-several']) {
      const button = this.element.querySelector(`#${id}`);
      if (isBusy) button.setAttribute('aria-disabled', 'true');
      else button.removeAttribute('aria-disabled');
    }
    this.element.querySelector('#run-bar').hidden = !this.run;
  }

  // Whether the run has ended, as far as the page knows.
  get hasEnded() {
    return isFinal(this.status);
  }

  // There is nothing to stop and nothing to retry.
  disable() {
    this.showBusy(false);
    for (const id of ['stop', 'retry']) this.element.querySelector(`#${id}`).disabled = true;
  }

  // The table's view, which fills while the text arrives.
  get table() {
    return this.element.querySelector('#table-view');
  }

  get foot() {
    return this.element.querySelector('.run-foot');
  }
}
