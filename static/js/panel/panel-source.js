// Which panel is on the page, and where a new one comes from.
//
// A person's press has priority. A panel that the page requests by itself (the final panel of a
// run, the panel of a run that Undo returned to) is shown only if it is still about the run that
// the page should show, and never while the answer to a press is on its way: then it is requested
// again.
import htmx from 'htmx.org';
import { findPanel } from './panel.js';
import { isFinal } from './statuses.js';

const RETRY_MS = 1500;
const NOT_FOUND = 404;

export class PanelSource {
  #editor;
  // How many answers to presses are on their way.
  #pressed = 0;
  // The document's run when the last press was sent.
  #sentAt = null;
  #timer = 0;
  // The addresses of each run's page and panel, by run; '' for the page before any run.
  #addresses = new Map();

  constructor(editor) {
    this.#editor = editor;
    this.#addresses.set('', {
      page: this.#shown ? editor.form.dataset.page : location.pathname + location.search,
      panel: editor.form.dataset.panel,
    });
    this.attach('page');
    // On the document: the tree's nodes are outside the form.
    document.addEventListener('htmx:beforeSend', ({ detail }) => this.#countPress(detail));
    document.addEventListener('htmx:afterRequest', ({ detail }) => this.#endRequest(detail));
    editor.form.addEventListener('htmx:beforeSwap', ({ detail }) => this.#checkAnswer(detail));
  }

  // Requests the panel of the document's run, unless it is there.
  follow() {
    clearTimeout(this.#timer);
    if (this.#wanted === this.#shown) {
      hold(false);
      return;
    }
    hold(true);
    this.#ask();
  }

  // Requests the current panel again; resolves when it is there, or cannot be loaded.
  renew() {
    return this.#ask();
  }

  // A panel was put on the page: a press that brought it has set the address already.
  attach(asker) {
    const { run, outputUrl, pageUrl } = findPanel().dataset;
    if (run) this.#addresses.set(run, { page: pageUrl, panel: outputUrl });
    if (asker === 'run-panel' && this.#editor.document) {
      const { page } = this.#addresses.get(run ?? '');
      if (page !== location.pathname + location.search)
        history.replaceState(history.state, '', page);
    }
    if (asker !== 'page') this.follow();
  }

  get #shown() {
    return findPanel().dataset.run ?? '';
  }

  get #wanted() {
    const { document: free } = this.#editor;
    return free ? (free.run ?? '') : this.#shown;
  }

  async #ask() {
    clearTimeout(this.#timer);
    const source = findPanel();
    const { panel } = this.#addresses.get(this.#wanted);
    // If an answer finds its panel gone, elements that are preserved across a swap (the gauge)
    // would disappear with it.
    source.addEventListener('htmx:beforeOnLoad', (event) => {
      if (event.target === source && !source.isConnected) event.preventDefault();
    });
    await htmx.ajax('GET', panel, { source, target: source, swap: 'outerHTML' }).catch(() => {});
  }

  #countPress({ elt, target, requestConfig }) {
    if (target.id !== 'run-panel' || elt === target) return;
    this.#pressed += 1;
    this.#sentAt = this.#wanted;
    requestConfig.isPress = true;
  }

  #checkAnswer(detail) {
    const { requestConfig, isError, xhr } = detail;
    if (requestConfig.elt.id === 'run-panel') {
      const { path } = requestConfig;
      const isShown = path === this.#addresses.get(this.#shown).panel;
      // The shown run stays, with the note that it is gone; one that Undo asked for is given up.
      if (isError && xhr.status === NOT_FOUND && !isShown) this.#forget(path);
      const isWanted = path === this.#addresses.get(this.#wanted).panel;
      // An error is shown only if it is about the shown run.
      detail.shouldSwap &&= isError ? isShown : isWanted && this.#pressed === 0;
    } else if (requestConfig.isPress && requestConfig.verb === 'get') {
      // A sibling was requested, and then Undo was pressed.
      detail.shouldSwap &&= this.#sentAt === this.#wanted;
    }
  }

  #endRequest({ requestConfig, successful, xhr }) {
    if (requestConfig.isPress) this.#pressed -= 1;
    else if (requestConfig.elt.id !== 'run-panel') return;
    if (this.#wanted !== this.#shown) {
      const isAnswered = successful || xhr.status === NOT_FOUND;
      this.#timer = setTimeout(() => this.follow(), isAnswered ? 0 : RETRY_MS);
    } else if (requestConfig.isPress && isOutdated(findPanel())) {
      // The final panel arrived while the answer to a press was on its way.
      this.#ask();
    }
  }

  #forget(path) {
    for (const [run, { panel }] of this.#addresses)
      if (run && panel === path) this.#editor.document?.forget(run);
  }
}

// Buttons of a run that is no longer the document's cannot be pressed.
function hold(isHeld) {
  findPanel().querySelector('.run-bar').inert = isHeld;
  for (const id of ['stop', 'retry']) {
    const button = document.getElementById(id);
    if (isHeld) button.setAttribute('data-held', String(button.disabled));
    if (isHeld) button.disabled = true;
    else if (button.dataset.held) {
      button.disabled = button.dataset.held === 'true';
      delete button.dataset.held;
    }
  }
}

function isOutdated({ dataset }) {
  return dataset.final === 'no' && isFinal(dataset.status);
}
