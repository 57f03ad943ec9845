// The texts of tokens by their ids, each requested once.

export class TokenTexts {
  #address;
  #known = new Map();

  constructor(address) {
    this.#address = address;
  }

  // id -> text, for the available ones.
  async of(model, ids) {
    const wanted = ids.filter((id) => !this.#known.has(`${model} ${id}`));
    if (wanted.length > 0) await this.#ask(model, wanted);
    return new Map(ids.map((id) => [id, this.#known.get(`${model} ${id}`)]));
  }

  async #ask(model, ids) {
    const query = new URLSearchParams({ model, ids: ids.join(',') });
    const answer = await fetch(`${this.#address}?${query}`).catch(() => null);
    if (!answer?.ok) return;
    const { texts } = await answer.json();
    for (const [id, text] of Object.entries(texts)) this.#known.set(`${model} ${id}`, text);
  }
}
