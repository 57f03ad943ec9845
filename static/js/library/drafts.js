// Saves typed text about a second after each change, so closing the tab loses nothing.
//
// Each save carries the draft and revision that the page last saw. A change of another tab is not
// overwritten: this page's text becomes a copy (409), and from then on the page saves that copy.
import htmx from 'htmx.org';
import { tooLong } from '../form/too-long.js';
import { pageAccount } from '../shell/account.js';
import { forgetUnsent, keepUnsent } from '../shell/unsent-store.js';
import { contentOf, shorten } from './draft-body.js';
import { bringUnsent } from './unsent-draft.js';

const DELAY_MS = 1000;
// If a person never pauses, at most this much is lost.
const MAX_WAIT_MS = 5000;
const RETRY_MS = 5000;
// Presses that wait until everything is saved.
const AFTER_SAVE = '#save-submit, #save-new, #discard-draft';

export function startDrafts(editor) {
  if (!document.getElementById('draft-state')) return;
  new Drafts(editor);
}

class Drafts {
  #editor;
  #form;
  #id = document.getElementById('draft-id');
  #revision = document.getElementById('draft-revision');
  #state = document.getElementById('draft-state');
  #writer = crypto.getRandomValues(new Uint32Array(3)).join('');
  #step = 0;
  // The last answered save. An answer to an older one has no news.
  #answered = 0;
  #timer = 0;
  // The time of the oldest unsaved edit.
  #since = 0;
  #isTouched = false;
  #isOver = false;
  // A text that the server refuses while the page still belongs to its account: nothing else has
  // it.
  #refused = '';
  // The state on the server.
  #kept = '';
  #saves = Promise.resolve();

  constructor(editor) {
    this.#editor = editor;
    this.#form = editor.form;
    bringUnsent(this.#form, () => !this.#isTouched);
    const keepSoon = () => this.#keepSoon();
    editor.onEdit(keepSoon);
    this.#form.addEventListener('input', keepSoon);
    this.#form.addEventListener('change', keepSoon);
    document.addEventListener('change', ({ target }) => {
      // The model menu is outside the form's element.
      if (target.name === 'model') keepSoon();
    });
    // Resetting sets values without an event for each.
    for (const id of ['reset-parameters', 'pin-seed', 'reattach'])
      document.getElementById(id)?.addEventListener('click', keepSoon);
    // A run moves a chat's message into the turns, and its reply goes with the next one. The draft
    // keeps which run is on its page.
    this.#form.addEventListener('htmx:afterSettle', ({ detail }) => {
      const hasDraft = this.#isTouched || this.#id.value;
      if (hasDraft && detail.target?.id === 'run-panel') keepSoon();
    });
    this.#form.addEventListener('htmx:confirm', (event) => this.#keepFirst(event));
    addEventListener('pagehide', () => this.#leave());
    document.addEventListener('page:deleted', () => this.#forget());
    document.addEventListener('page:return', ({ detail }) => {
      detail.stays = this.#holdsAlone();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#leave();
    });
  }

  #keepSoon() {
    this.#isTouched = true;
    this.#since ||= performance.now();
    const waited = performance.now() - this.#since;
    this.#saveIn(Math.max(0, Math.min(DELAY_MS, MAX_WAIT_MS - waited)));
  }

  #saveIn(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), delay);
  }

  // Saves unsaved changes; resolves when they are saved, or cannot be.
  #save(how) {
    clearTimeout(this.#timer);
    this.#saves = this.#saves.then(() => this.#send(how));
    return this.#saves;
  }

  // mayRefuse: also sends a text that is too long, to get the answer.
  async #send({ mayRefuse = false } = {}) {
    if (!this.#isTouched || this.#isOver) return;
    this.#since = 0;
    const long = tooLong(this.#editor);
    if (long && !mayRefuse) {
      this.#say(`Not kept: ${long.sentence}`, true);
      return;
    }
    const { content, body, step } = this.#read();
    if (content === this.#kept) return;
    if (long) shorten(body);
    try {
      const response = await fetch(this.#address, this.#request(body));
      const answer = await response.json();
      if ('draft' in answer) this.#take(answer, { content, step });
      else this.#say(`Not kept: ${answer.error.message}`, true);
      const isOurs = response.headers.get('X-Account') === pageAccount();
      this.#refused = response.status === 400 && isOurs ? content : '';
    } catch {
      this.#refused = '';
      this.#say('Not kept: the server cannot be reached.', true);
      this.#saveIn(RETRY_MS);
    }
  }

  // Whether the page has a text that is nowhere else. First it saves what it can. A text that
  // cannot be sent, or that belongs to another account than the current one, waits in the browser.
  async #holdsAlone() {
    await this.#save({ mayRefuse: true });
    return this.#isTouched && !this.#isOver && this.#refused === this.#read().content;
  }

  // The person is deleted: nothing more is saved anywhere.
  #forget() {
    this.#isOver = true;
    forgetUnsent(this.#writer);
    this.#say('');
  }

  // The page may be gone before an answer comes.
  #leave() {
    if (!this.#isTouched || this.#isOver || tooLong(this.#editor)) return;
    const { content, body, step } = this.#read();
    if (content === this.#kept) return;
    keepUnsent(this.#writer, { address: this.#address, account: pageAccount(), body });
    // Beyond 64 KiB the browser refuses it, and the next page that opens sends it.
    fetch(this.#address, { ...this.#request(body), keepalive: true })
      .then((response) => response.json())
      .then((answer) => {
        if ('draft' in answer) this.#take(answer, { content, step });
      })
      .catch(() => {});
  }

  get #address() {
    return this.#state.dataset.saveUrl;
  }

  #read() {
    const body = new URLSearchParams(new FormData(this.#form));
    const content = contentOf(body);
    this.#step += 1;
    body.set('draft_writer', this.#writer);
    body.set('draft_step', String(this.#step));
    return { content, body, step: this.#step };
  }

  #request(body) {
    return { method: 'POST', body, headers: { Accept: 'application/json' } };
  }

  #take(answer, { content, step }) {
    if (step < this.#answered) return;
    this.#answered = step;
    forgetUnsent(this.#writer);
    this.#kept = content;
    this.#id.value = answer.draft;
    this.#revision.value = String(answer.revision);
    this.#say(answer.draft ? 'Draft saved' : '');
    if (answer.copy) showConflict(answer);
    showNote(answer);
    const name = document.getElementById('save-name');
    if (!name.dataset.typed && !this.#form.elements.prompt_id.value) name.value = answer.title;
  }

  #say(text, isBad = false) {
    this.#state.textContent = text;
    this.#state.toggleAttribute('data-bad', isBad);
  }

  #keepFirst(event) {
    const { elt, issueRequest } = event.detail;
    if (!elt.matches(AFTER_SAVE)) return;
    event.preventDefault();
    this.#save().then(() => {
      // Leaving the page must not save a discarded draft again.
      if (elt.id === 'discard-draft') this.#isOver = true;
      issueRequest(true);
    });
  }
}

// The link back to the original text, once there is a change to discard.
function showNote({ draft, discard, copy }) {
  const note = document.getElementById('draft-kept');
  note.hidden =
    !draft || Boolean(copy) || document.getElementById('draft-conflict').hidden === false;
  if (!draft || note.hidden) return;
  const button = document.getElementById('discard-draft');
  if (button.getAttribute('hx-post') === discard) return;
  button.setAttribute('formaction', discard);
  button.setAttribute('hx-post', discard);
  htmx.process(button);
}

function showConflict({ copy, other, error }) {
  document.getElementById('draft-conflict-text').textContent = error.message;
  document.getElementById('draft-copy').href = copy;
  document.getElementById('draft-other').href = other;
  document.getElementById('draft-conflict').hidden = false;
}
