// <finetune-form>: typing a duration chooses it, and another dataset or base, or another choice of
// what is trained, brings its own page: recommendation, name and defaults follow from them. What is
// typed until it comes stays.
const CHOICES = 'select, [name=method]';

class FinetuneForm extends HTMLElement {
  #connection = null;
  #isAsking = false;
  // What was typed or ticked since another form was asked for, by the name of the field.
  #typed = new Map();

  connectedCallback() {
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    this.addEventListener('input', ({ target }) => this.#take(target), { signal, capture: true });
    this.addEventListener('htmx:beforeRequest', ({ target }) => this.#ask(target), { signal });
    this.addEventListener('htmx:afterSwap', ({ target }) => this.#putBack(target, 'form'), {
      signal,
    });
    for (const failure of ['htmx:sendError', 'htmx:responseError'])
      this.addEventListener(failure, ({ target }) => this.#putBack(target, CHOICES), { signal });
    this.addEventListener(
      'htmx:afterSettle',
      ({ target }) => target.matches('form') && this.#plan(),
      { signal },
    );
    // What was typed before the scripts came was heard by nobody.
    if (document.readyState === 'complete') this.#plan();
    else window.addEventListener('load', () => this.#plan(), { signal });
  }

  disconnectedCallback() {
    this.#connection.abort();
  }

  #take({ name, type, value, checked }) {
    if (name === 'epochs' || name === 'minutes')
      this.querySelector(`[name=duration][value=${name}]`).checked = true;
    if (this.#isAsking && name !== 'duration')
      this.#typed.set(name, type === 'checkbox' ? checked : value);
  }

  #ask(target) {
    if (!target.matches(CHOICES)) return;
    this.#isAsking = true;
    this.#typed.clear();
  }

  // Of the answers only the one to such a choice ends the wait, and its failure.
  #putBack(target, selector) {
    if (!target.matches(selector)) return;
    for (const [name, value] of this.#typed) {
      const field = this.querySelector(`[name=${name}]:not([type=radio])`);
      if (field) field[field.type === 'checkbox' ? 'checked' : 'value'] = value;
    }
    this.#typed.clear();
    this.#isAsking = false;
  }

  // Asks what it would be with what is filled in, where that is not what the form came with.
  #plan() {
    const form = this.querySelector('form');
    const isChanged = ({ type, checked, defaultChecked, value, defaultValue }) =>
      type === 'radio'
        ? checked !== defaultChecked
        : defaultValue !== undefined && value !== defaultValue;
    if (form && [...form.elements].some(isChanged)) form.dispatchEvent(new Event('change'));
  }
}

customElements.define('finetune-form', FinetuneForm);
