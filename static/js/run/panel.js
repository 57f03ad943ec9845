// The run's panel as it is on the page: what the server said of the run when it drew the panel, and
// what the page shows in it while the run goes on.
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
    // It may move into the prompt's text, out of the panel.
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

  // What the server gives besides the prompt's text: "table", "sql", "bubble" and so on.
  get kind() {
    return this.element.dataset.output;
  }

  get seed() {
    return this.element.dataset.seed;
  }

  // The address at which the panel is drawn anew.
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

  // A run that goes on lets no other one begin.
  showBusy(isBusy) {
    const run = this.element.querySelector('#run');
    if (isBusy) run.setAttribute('aria-disabled', 'true');
    else run.removeAttribute('aria-disabled');
    this.element.querySelector('#run-bar').hidden = !this.run;
  }

  // Whether nothing more comes, as far as the page knows.
  get hasEnded() {
    return isFinal(this.status);
  }

  // There is nothing to stop and nothing to try again.
  disable() {
    this.showBusy(false);
    for (const id of ['stop', 'retry']) this.element.querySelector(`#${id}`).disabled = true;
  }

  // The table's view, which fills while the text comes.
  get table() {
    return this.element.querySelector('#table-view');
  }

  get foot() {
    return this.element.querySelector('.run-foot');
  }
}
