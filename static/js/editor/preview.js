// The preview: the prompt that the server builds from the form, requested soon after each edit.
import htmx from 'htmx.org';
import { showUnsent } from '../box/unsent.js';
import { forgetCount, showTooLong, tooLong } from '../form/too-long.js';

const DELAY_MS = 220;

export class Preview {
  #editor;
  #timer = 0;
  // The document of the last request.
  #asked = null;

  // Changes with everything that a preview depends on: an answer to an older request does not
  // count.
  edition = 0;

  constructor(editor) {
    this.#editor = editor;
    const element = document.getElementById('preview');
    element.addEventListener('htmx:configRequest', () => {
      this.#asked = editor.view.state.doc;
    });
    element.addEventListener('htmx:afterRequest', ({ detail: { successful } }) => {
      if (!successful) forgetCount();
    });
    // A page that comes back is loaded again; its pending request is outdated.
    addEventListener('pagehide', () => clearTimeout(this.#timer));
  }

  // Whether the last answer is about the current text. If not, another one is on the way.
  get isOfText() {
    return this.#asked === this.#editor.view.state.doc;
  }

  askSoon() {
    this.edition += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), DELAY_MS);
  }

  // A text that the server would refuse is not sent: the page knows the message itself.
  #ask() {
    const long = tooLong(this.#editor);
    if (long) {
      showTooLong(long.sentence);
      showUnsent(this.#editor.view, 0);
    } else {
      htmx.trigger('#preview', 'preview');
    }
  }
}
