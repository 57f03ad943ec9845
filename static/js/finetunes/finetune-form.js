// <finetune-form>: typing a duration chooses it, and another dataset or base brings its own page:
// recommendation, name and defaults follow from them. What is typed until it comes stays.
class FinetuneForm extends HTMLElement {
  #connection = null;
  #isAsking = false;
  // What was typed since another form was asked for, by the name of the field.
  #typed = new Map();

  connectedCallback() {
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    this.addEventListener('input', ({ target }) => this.#take(target), { signal, capture: true });
    this.addEventListener('htmx:beforeRequest', ({ target }) => this.#ask(target), { signal });
    this.addEventListener('htmx:afterSwap', () => this.#putBack(), { signal });
    this.addEventListener('htmx:sendError', () => this.#putBack(), { signal });
  }

  disconnectedCallback() {
    this.#connection.abort();
  }

  #take({ name, value }) {
    if (name === 'epochs' || name === 'minutes')
      this.querySelector(`[name=duration][value=${name}]`).checked = true;
    if (this.#isAsking && name !== 'duration') this.#typed.set(name, value);
  }

  #ask(target) {
    if (!target.matches('select')) return;
    this.#isAsking = true;
    this.#typed.clear();
  }

  #putBack() {
    for (const [name, value] of this.#typed) {
      const field = this.querySelector(`[name=${name}]:not([type=radio])`);
      if (field) field.value = value;
    }
    this.#typed.clear();
    this.#isAsking = false;
  }
}

customElements.define('finetune-form', FinetuneForm);
