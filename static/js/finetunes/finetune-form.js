// <finetune-form>: typing a duration chooses it, and another dataset or base brings its own page:
// recommendation, name and defaults follow from them.
class FinetuneForm extends HTMLElement {
  #connection = null;

  connectedCallback() {
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    this.addEventListener('input', ({ target }) => this.#choose(target), { signal, capture: true });
  }

  disconnectedCallback() {
    this.#connection.abort();
  }

  #choose(target) {
    if (target.name !== 'epochs' && target.name !== 'minutes') return;
    this.querySelector(`[name=duration][value=${target.name}]`).checked = true;
  }
}

customElements.define('finetune-form', FinetuneForm);
