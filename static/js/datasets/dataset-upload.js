// <dataset-upload>: a file is dropped, pasted or chosen, and goes to the server in parts. It can be
// paused, and goes on where it was after a lost connection, a reload or another day, when the same
// file is chosen again: the page lists what stopped, and the server lists only the person's own.
// Without scripts it is a plain form.
import { Upload } from 'tus-js-client';
import { clearNotice, showNotice } from '../shell/notices.js';
import { Speed, writeSeconds, writeSize } from './speed.js';

const RETRY_MS = [0, 500, 1500, 4000];
// Between two looks for a server that was away for longer.
const WAIT_MS = 5000;
const MAX_NAME = 120;
// Said to who hears the page; the bar has every step.
const SAID_EVERY = 25;

class DatasetUpload extends HTMLElement {
  #connection = null;
  #upload = null;
  #speed = new Speed();
  #said = 0;
  // 'uploading', 'paused', 'waiting' for the connection, or null for none.
  #state = null;
  // Of the file that was taken last: one that is given up while it is read goes nowhere.
  #turn = 0;
  #timer = 0;
  #hasNewToken = false;

  connectedCallback() {
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    const input = this.querySelector('[type=file]');
    input.addEventListener('change', () => this.#takeFirst(input.files), { signal });
    this.querySelector('[data-upload-form]').addEventListener(
      'submit',
      (event) => {
        event.preventDefault();
        this.#takeFirst(input.files);
      },
      { signal },
    );
    // Anywhere on the page: a file that misses the box would be opened in its place.
    for (const type of ['dragenter', 'dragover', 'dragleave', 'drop']) {
      document.addEventListener(type, (event) => this.#drag(event), { signal });
    }
    document.addEventListener('paste', (event) => this.#paste(event), { signal });
    window.addEventListener('online', () => this.#state === 'waiting' && this.#goOn(), { signal });
    this.#part('pause').addEventListener('click', () => this.#pauseOrGoOn(), { signal });
    this.#part('give-up').addEventListener('click', () => this.#giveUp(), { signal });
  }

  disconnectedCallback() {
    this.#connection.abort();
    clearTimeout(this.#timer);
    this.#upload?.abort();
  }

  #part(name) {
    return this.querySelector(`[data-${name}]`);
  }

  #drag(event) {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    this.toggleAttribute('data-over', event.type === 'dragenter' || event.type === 'dragover');
    if (event.type === 'drop') this.#takeFirst(event.dataTransfer.files);
  }

  #paste(event) {
    if (event.target.closest?.('input, textarea, [contenteditable]')) return;
    const file = event.clipboardData?.files[0];
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!file && !text.trim()) return;
    event.preventDefault();
    this.#take(file ?? new File([text], 'Pasted text.txt', { lastModified: 0 }));
  }

  #takeFirst(files) {
    const [file] = files;
    if (!file) return;
    const isFree = !this.#state;
    this.#take(file);
    if (isFree && this.#state && files.length > 1)
      showNotice(`One file at a time: of these ${files.length}, “${file.name}” is uploaded.`);
  }

  async #take(file) {
    if (this.#state)
      return showNotice('One file at a time. Wait until this one is uploaded, or give it up.');
    clearNotice();
    const most = Number(this.dataset.max);
    if (file.size === 0) return showNotice('The file is empty. Choose one with examples in it.');
    if (file.size > most) {
      return showNotice(
        `The file has ${writeSize(file.size)}, and ${writeSize(most)} is the most. Divide it.`,
      );
    }
    this.#turn += 1;
    const turn = this.#turn;
    this.#show(file);
    const fingerprint = `${file.name.slice(-MAX_NAME)}|${file.size}|${file.lastModified}`;
    const stopped = [...this.querySelectorAll('[data-unfinished]')].find(
      (one) => one.dataset.fingerprint === fingerprint,
    );
    const sum = stopped ? {} : await this.#sum(file);
    if (turn !== this.#turn) return;
    this.#upload = new Upload(file, {
      endpoint: this.dataset.endpoint,
      uploadUrl: stopped?.dataset.address ?? null,
      chunkSize: Number(this.dataset.chunk),
      retryDelays: RETRY_MS,
      storeFingerprintForResuming: false,
      headers: { 'X-CSRFToken': this.dataset.token, Accept: 'application/json' },
      metadata: {
        filename: file.name,
        fingerprint,
        model: this.querySelector('[data-upload-form] [name=model]')?.value ?? '',
        ...sum,
      },
      onShouldRetry: (error) => mayPass(error),
      onProgress: (sent, total) => this.#progress(sent, total),
      onChunkComplete: () => {
        this.#hasNewToken = false;
      },
      onSuccess: ({ lastResponse }) => this.#finish(lastResponse),
      onError: (error) => this.#fail(error),
    });
    // It may have been paused while the file was read.
    if (this.#state === 'uploading') this.#upload.start();
  }

  // The SHA-256 of the file, with which the server compares what arrived. Browsers compute it on
  // secure pages alone.
  async #sum(file) {
    if (!crypto.subtle) return {};
    this.#tell('Reading the file');
    try {
      const sum = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
      const hex = [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, '0'));
      return { sha256: hex.join('') };
    } catch {
      // It cannot be read at once; the server computes its own.
      return {};
    }
  }

  #show(file) {
    this.#state = 'uploading';
    this.#speed = new Speed();
    this.#said = 0;
    this.#part('upload-form').hidden = true;
    this.#part('progress').hidden = false;
    this.#part('name').textContent = file.name;
    this.#part('bar').value = 0;
    this.#part('pause').textContent = 'Pause';
    this.#tell('Beginning');
    this.#say(`Uploading ${file.name}.`);
    this.#part('pause').focus();
  }

  #progress(sent, total) {
    if (this.#state !== 'uploading') return;
    const now = performance.now();
    this.#speed.add(sent, now);
    const percent = Math.floor((100 * sent) / total);
    this.#part('bar').value = percent;
    this.#part('facts').textContent = `${writeSize(sent)} of ${writeSize(total)}`;
    const { rate } = this.#speed;
    const left = writeSeconds(this.#speed.secondsLeft(total));
    this.#tell(rate > 0 ? `${writeSize(rate)}/s · ${left}` : 'Uploading');
    if (percent >= this.#said + SAID_EVERY) {
      this.#said = percent - (percent % SAID_EVERY);
      this.#say(`${this.#said} %`);
    }
  }

  #pauseOrGoOn() {
    if (this.#state !== 'uploading') return this.#goOn();
    this.#state = 'paused';
    this.#upload?.abort();
    this.#part('pause').textContent = 'Go on';
    this.#tell('Paused. What has arrived is kept.');
    this.#say('Paused.');
  }

  #goOn() {
    if (!this.#upload) return;
    this.#tell('Going on');
    this.#say('Going on.');
    this.#start();
  }

  #start() {
    clearTimeout(this.#timer);
    this.#state = 'uploading';
    this.#speed = new Speed();
    this.#part('pause').textContent = 'Pause';
    this.#upload.start();
  }

  async #giveUp() {
    const upload = this.#upload;
    this.#reset();
    try {
      await upload?.abort(true);
    } catch {
      // It is over by itself in some days.
    }
  }

  #reset() {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#state = null;
    this.#upload = null;
    this.#part('progress').hidden = true;
    this.#part('upload-form').hidden = false;
    const input = this.querySelector('[type=file]');
    input.value = '';
    input.focus();
  }

  #finish(response) {
    this.#tell('Done. Opening it');
    this.#say('Uploaded.');
    const address = response?.getHeader('Content-Location');
    if (address) window.location.assign(address);
    else window.location.reload();
  }

  async #fail(error) {
    const upload = this.#upload;
    const status = error.originalResponse?.getStatus() ?? 0;
    const hasNewToken = status === 403 && (await this.#renewToken());
    const isLost = status === 0 && !(await isReadable(upload.file));
    // It may have been paused or given up meanwhile.
    if (this.#upload !== upload || this.#state !== 'uploading') return;
    if (hasNewToken) return this.#goOn();
    if (isLost) {
      this.#reset();
      return showNotice(
        'The file cannot be read. It was changed or moved since it was chosen, or it is a folder. ' +
          'Choose it again.',
      );
    }
    if (mayPass(error)) {
      this.#state = 'waiting';
      // Whether it has come back is looked for without a word.
      this.#timer = setTimeout(() => this.#start(), WAIT_MS);
      this.#part('pause').textContent = 'Go on';
      this.#tell(
        status
          ? 'The server cannot take it at the moment. What has arrived is kept.'
          : 'The connection is gone. It goes on when it is back; what has arrived is kept.',
      );
      this.#say('Interrupted.');
      return;
    }
    this.#reset();
    showNotice(messageOf(error));
  }

  // Signing in or out on another tab makes the token of this page invalid. True when there is
  // another one to go on with.
  async #renewToken() {
    if (this.#hasNewToken) return false;
    this.#hasNewToken = true;
    try {
      const page = await (await fetch(window.location.href)).text();
      const parsed = new DOMParser().parseFromString(page, 'text/html');
      const { token } = parsed.querySelector(this.localName).dataset;
      this.dataset.token = token;
      this.#upload.options.headers['X-CSRFToken'] = token;
      return true;
    } catch {
      return false;
    }
  }

  #tell(text) {
    this.#part('status').textContent = text;
  }

  #say(text) {
    const said = this.#part('said');
    if (said.textContent !== text) said.textContent = text;
  }
}

// A browser reads a file only as it was when it was chosen.
async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

// Whether the same may go well a little later.
function mayPass(error) {
  const status = error.originalResponse?.getStatus() ?? 0;
  return [0, 408, 409, 423, 429].includes(status) || (status >= 500 && status !== 507);
}

// The sentence of the server's error.
function messageOf(error) {
  try {
    return JSON.parse(error.originalResponse.getBody()).error.message;
  } catch {
    return 'The upload failed. Choose the file again.';
  }
}

customElements.define('dataset-upload', DatasetUpload);
