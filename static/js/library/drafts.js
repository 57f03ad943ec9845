// Keeps what is typed, about a second after it was: closing the tab loses nothing.
//
// Each save says which draft and revision the page has seen. What another tab has
// changed meanwhile is not written over: this page's text becomes a copy (409), and
// from then on the page writes that.
import htmx from 'htmx.org';
import { tooLong } from '../form/too-long.js';
import { bringUnsent, keepUnsent } from './unsent-draft.js';

const DELAY = 1000;
// Of somebody who never pauses, this is lost at most.
const LONGEST = 5000;
const RETRY = 5000;
// Of a text that is refused anyway; more than twice the longest prompt, counted as JavaScript does.
const MAX_SENT = 140_000;
// What the form posts besides the prompt itself.
const BESIDE = /^(csrfmiddlewaretoken|parent|version|prompt_id|draft|draft_\w+|save_\w+)$/;
// Presses that wait until everything is kept.
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
  // The last save that was answered. An answer to an older one says nothing new.
  #answered = 0;
  #timer = 0;
  // When the oldest edit that is not kept yet was made.
  #since = 0;
  #isTouched = false;
  #isOver = false;
  // What the server does not take, though the page is still its account's: nothing else has it.
  #refused = '';
  // What the server has.
  #kept = '';
  #saves = Promise.resolve();

  constructor(editor) {
    this.#editor = editor;
    this.#form = editor.form;
    bringUnsent(this.#form, contentOf, () => !this.#isTouched);
    const edited = () => this.#edited();
    editor.onEdit(edited);
    this.#form.addEventListener('input', edited);
    this.#form.addEventListener('change', edited);
    document.addEventListener('change', ({ target }) => {
      // The model menu stands outside the form's element.
      if (target.name === 'model') edited();
    });
    // Resetting sets values without a word about each.
    for (const id of ['reset-parameters', 'pin-seed', 'reattach'])
      document.getElementById(id)?.addEventListener('click', edited);
    // A run moves a chat's message into the turns, and its reply goes with the next one.
    document.addEventListener('htmx:afterSettle', ({ detail }) => {
      if (this.#isTouched && detail.target?.id === 'run-panel') edited();
    });
    document.addEventListener('htmx:confirm', (event) => this.#waits(event));
    addEventListener('pagehide', () => this.#leave());
    document.addEventListener('page:deleted', () => this.#forget());
    document.addEventListener('page:return', ({ detail }) => {
      detail.stays = this.#holdsAlone();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#leave();
    });
  }

  #edited() {
    this.#isTouched = true;
    this.#since ||= performance.now();
    const waited = performance.now() - this.#since;
    this.#saveIn(Math.max(0, Math.min(DELAY, LONGEST - waited)));
  }

  #saveIn(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), delay);
  }

  // Saves what is not kept yet; resolves when it is, or cannot be.
  #save(how) {
    clearTimeout(this.#timer);
    this.#saves = this.#saves.then(() => this.#send(how));
    return this.#saves;
  }

  // mayRefuse: sends a text that is too long all the same, for the answer's sake.
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
      const isOurs = response.headers.get('X-Account') === document.documentElement.dataset.account;
      this.#refused = response.status === 400 && isOurs ? content : '';
    } catch {
      this.#refused = '';
      this.#say('Not kept: the server cannot be reached.', true);
      this.#saveIn(RETRY);
    }
  }

  // Whether the page has a text that is nowhere else. What may be kept is kept first; what could
  // not be sent, or is of another account than is there now, waits in the browser.
  async #holdsAlone() {
    await this.#save({ mayRefuse: true });
    return this.#isTouched && !this.#isOver && this.#refused === this.#read().content;
  }

  // Its person is deleted: nothing more of it is kept, wherever.
  #forget() {
    this.#isOver = true;
    keepUnsent(this.#writer, this.#address, null);
    this.#say('');
  }

  // The page may be gone before an answer comes.
  #leave() {
    if (!this.#isTouched || this.#isOver || tooLong(this.#editor)) return;
    const { content, body, step } = this.#read();
    if (content === this.#kept) return;
    keepUnsent(this.#writer, this.#address, body);
    // Beyond 64 KiB it is refused, and goes with the next page that opens.
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
    keepUnsent(this.#writer, this.#address, null);
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

  #waits(event) {
    const { elt, issueRequest } = event.detail;
    if (!elt.matches(AFTER_SAVE)) return;
    event.preventDefault();
    this.#save().then(() => {
      // A draft that was thrown away is not to be made again by leaving.
      if (elt.id === 'discard-draft') this.#isOver = true;
      issueRequest(true);
    });
  }
}

// The way back to what the page began with, once there is something to go back from.
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

// No more of each text than it takes to be too long.
function shorten(body) {
  const cut = [...body].map(([name, value]) => [name, value.slice(0, MAX_SENT)]);
  for (const name of new Set(body.keys())) body.delete(name);
  for (const [name, value] of cut) body.append(name, value);
}

function contentOf(body) {
  return JSON.stringify([...body].filter(([name]) => !BESIDE.test(name)));
}
