// The preview: what the server makes of the form, asked for a moment after each edit.
import htmx from 'htmx.org';
import { showUnsent } from '../box/unsent.js';
import { forgetCount, showTooLong, tooLong } from '../form/too-long.js';

const DELAY_MS = 220;

export class Preview {
  #editor;
  #timer = 0;
  // The document that the server was asked about.
  #asked = null;

  // Changes with all that a preview says something of: an answer to an older question is none.
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
    // A page that comes back is loaded again; what it was about to ask is of before.
    addEventListener('pagehide', () => clearTimeout(this.#timer));
  }

  // Whether the last answer is about the text as it is now. If not, another one is on the way.
  get isOfText() {
    return this.#asked === this.#editor.view.state.doc;
  }

  askSoon() {
    this.edition += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), DELAY_MS);
  }

  // What is longer than the server takes is not sent: the page knows itself what is to be said.
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
