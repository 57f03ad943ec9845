// The tokens of texts, as a model's tokenizer splits them.

// The server refuses more (playground/workbench/token_views.py).
export const MOST_CHARACTERS = 40_000;

// The model that is chosen on the page.
export function chosenModel() {
  return document.querySelector('[name=model]:checked')?.value ?? '';
}

// [[id, start, end], ...] for each of `texts`; null where the server gave no answer.
export async function splitTexts(texts, { signal } = {}) {
  const { splitUrl } = document.getElementById('paper').dataset;
  const body = new FormData();
  body.set(
    'csrfmiddlewaretoken',
    document.getElementById('editor').elements.csrfmiddlewaretoken.value,
  );
  body.set('model', chosenModel());
  for (const text of texts) body.append('text', text);
  const answer = await fetch(splitUrl, { method: 'POST', body, signal }).catch(() => null);
  if (!answer?.ok) return null;
  const { texts: found } = await answer.json();
  return found;
}
