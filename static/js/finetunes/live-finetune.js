// <live-finetune>: the page of a fine-tune while it is trained. Steps are drawn as they come; what
// else the record says, and every change of state, has the server draw the page's part again.
import htmx from 'htmx.org';
import { Stream, socketAddress } from '../run/stream.js';
import { announce } from '../shell/announcer.js';
import { sayAllDeleted } from '../shell/deleted.js';
import { showNotice } from '../shell/notices.js';
import { writeDuration, writeNumber, writePlace } from './figures.js';

const REFRESH_MS = 400;
const RETRY_MS = 3000;
const LOST = 'Connection lost. Training goes on; the page reconnects.';

class LiveFinetune extends HTMLElement {
  #stream = null;
  #connection = null;
  #timer = 0;
  #isAsking = false;
  #mustAskAgain = false;
  #title = '';

  connectedCallback() {
    this.#title = document.title.replace(/^[^:]*: /, '');
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    this.addEventListener('htmx:beforeSwap', () => this.#keepOpen(), { signal });
    this.addEventListener('htmx:afterSettle', () => this.#takeAnswer(), { signal });
    this.addEventListener('htmx:afterRequest', ({ detail }) => this.#endRequest(detail), {
      signal,
    });
    if (this.#part.dataset.final === 'no') this.#follow();
  }

  disconnectedCallback() {
    this.#connection.abort();
    clearTimeout(this.#timer);
    this.#stream?.unfollow(this.#topic);
  }

  get #part() {
    return this.querySelector('#live');
  }

  get #bar() {
    return this.querySelector('[data-progress]');
  }

  get #topic() {
    return `finetune:${this.dataset.finetune}`;
  }

  #follow() {
    const { epoch, position } = this.#part.dataset;
    this.#stream = new Stream(socketAddress(), (isDeleted) => this.#endSession(isDeleted));
    this.#stream.follow(this.#topic, {
      epoch: Number(epoch),
      next: Number(position) + 1,
      handlers: {
        lines: (lines) => this.#takeLines(lines),
        // What the page has of lines that were taken back is drawn anew, with the others.
        restart: () => this.#refreshSoon(),
        state: (event) => this.#takeState(event),
        connected: (isOpen) => {
          if (isOpen) this.#refreshSoon();
          else announce(LOST);
        },
        stalled: () => this.#refreshSoon(),
        deleted: () => this.#showDeletion(),
      },
    });
  }

  #takeLines(lines) {
    const chart = this.querySelector('loss-chart');
    for (const line of lines) {
      if (line.kind === 'step' || line.kind === 'evaluation') chart?.add(line);
      if (line.kind === 'step') this.#showStep(line);
      else this.#refreshSoon();
    }
  }

  #showStep({ step, steps: planned, epoch, loss, tokens_per_s: speed, left_seconds: left }) {
    const { epochs, best } = this.#bar.dataset;
    const steps = planned ?? this.#bar.max;
    this.#bar.max = steps;
    this.#bar.value = step;
    const place = { step, epoch, steps, epochs: Number(epochs), best: Number(best) };
    this.#write('[data-where]', writePlace(place));
    this.#write('[data-figure=loss]', writeNumber(loss));
    if (speed) this.#write('[data-figure=tokens_per_s]', Math.round(speed).toLocaleString('en'));
    if (left !== undefined && left !== null)
      this.#write('[data-time]', `about ${writeDuration(left)} left`);
    document.title = `${Math.floor((100 * step) / steps)} %: ${this.#title}`;
  }

  #takeState({ status, note }) {
    if (status !== this.#part.dataset.status) this.#refreshSoon(0);
    else if (note) this.#write('[data-place]', note);
  }

  #write(selector, text) {
    const element = this.querySelector(selector);
    if (element && element.textContent !== text) element.textContent = text;
  }

  // --- The server's part ------------------------------------------------------

  #refreshSoon(delay = REFRESH_MS) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), delay);
  }

  #refresh() {
    if (this.#isAsking) {
      this.#mustAskAgain = true;
      return;
    }
    this.#isAsking = true;
    htmx.ajax('GET', this.dataset.live, {
      source: this,
      target: '#live',
      swap: 'outerHTML',
    });
  }

  #endRequest({ successful, xhr }) {
    this.#isAsking = false;
    if (this.#mustAskAgain) {
      this.#mustAskAgain = false;
      this.#refreshSoon();
    } else if (!successful && xhr.status !== 404) {
      this.#refreshSoon(RETRY_MS);
    }
  }

  #open = new Set();

  #keepOpen() {
    this.#open = new Set([...this.querySelectorAll('details[open][id]')].map(({ id }) => id));
  }

  #takeAnswer() {
    for (const id of this.#open) document.getElementById(id)?.setAttribute('open', '');
    const { words, final: isFinal, status } = this.#part.dataset;
    document.title = `${words[0].toUpperCase()}${words.slice(1)}: ${this.#title}`;
    if (isFinal === 'no' || !this.#stream) return;
    this.#stream.unfollow(this.#topic);
    this.#stream = null;
    clearTimeout(this.#timer);
    announce(`Training is over: ${words}.`);
    if (status === 'succeeded' || status === 'stopped') this.#notify();
  }

  // Somebody may look at another tab.
  #notify() {
    if (document.hidden) document.title = `✓ ${document.title}`;
    document.addEventListener(
      'visibilitychange',
      () => {
        document.title = document.title.replace(/^✓ /, '');
      },
      { once: true },
    );
  }

  #showDeletion() {
    showNotice('This fine-tune is deleted. What is shown here is kept nowhere.');
  }

  #endSession(isDeleted) {
    if (isDeleted) sayAllDeleted();
    else showNotice('You have signed out. Sign in again to see this fine-tune.');
  }
}

customElements.define('live-finetune', LiveFinetune);
