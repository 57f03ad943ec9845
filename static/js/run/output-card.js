// <output-card>: one of several outputs beside each other. The page's own run is drawn by run.js;
// each other card follows its run by itself, and fires output:end when that has ended.

import { isFinal } from '../panel/statuses.js';
import { fetchTokens } from '../tokens/run-tokens.js';
import { areTokensShown } from '../tokens/showing.js';
import { Output } from './output.js';
import { pageStream } from './page-stream.js';

class OutputCard extends HTMLElement {
  #output = null;
  #status;
  #handlers = null;
  #gone = new AbortController();

  connectedCallback() {
    if ('shown' in this.dataset) return;
    const { tokens, final, run, epoch, next } = this.dataset;
    this.#status = this.querySelector('.output-card-status');
    this.#output = new Output(this.querySelector('.output'), { isMarked: true });
    if (tokens) this.#draw(JSON.parse(tokens));
    document
      .getElementById('card')
      .addEventListener('token-view', () => this.#showTokens(), { signal: this.#gone.signal });
    this.#showTokens();
    if (final === 'yes') return;
    this.#handlers = {
      tokens: (more) => this.#write(more),
      restart: () => this.#output.clear(),
      state: (event) => this.#showState(event),
      connected: () => {},
      stalled: () => this.#end(),
      deleted: () => this.#end(),
    };
    const place = { epoch: Number(epoch), next: Number(next) };
    pageStream.follow(run, { ...place, handlers: this.#handlers });
  }

  // In a swap the new card of the run is on the page before the old one is gone.
  disconnectedCallback() {
    this.#gone.abort();
    if (this.#handlers) pageStream.unfollow(this.dataset.run, this.#handlers);
  }

  // In a task for each card: all of them at once would hold up a person's keys.
  #draw(tokens) {
    this.#output.replace(tokens);
    setTimeout(() => this.#output.flush());
  }

  // The borders of its tokens, where it came as text alone.
  async #showTokens() {
    const { tokens, final } = this.dataset;
    if (!areTokensShown() || tokens || final !== 'yes') return;
    const found = await fetchTokens(this);
    if (found && this.isConnected) this.#draw(found);
  }

  #write(tokens) {
    if (this.dataset.status === 'queued') this.#showStatus('running');
    this.#output.append(tokens);
  }

  #showState({ status }) {
    if (isFinal(status)) this.#output.flush();
    this.#showStatus(status);
    if (isFinal(status)) this.#end();
  }

  #showStatus(status) {
    this.dataset.status = status;
    this.#status.textContent = status;
  }

  #end() {
    this.dispatchEvent(new Event('output:end', { bubbles: true }));
  }
}

customElements.define('output-card', OutputCard);
