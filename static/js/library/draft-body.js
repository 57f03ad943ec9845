// What the form posts, as it is kept as a draft. body: URLSearchParams.

// What is posted besides the prompt itself.
const BESIDE = /^(csrfmiddlewaretoken|parent|version|prompt_id|draft|draft_\w+|save_\w+)$/;
// Of a text that is refused anyway; over double the longest prompt, counted as JavaScript does.
const MAX_SENT = 140_000;

// What a person would call the content, to compare by.
export function contentOf(body) {
  return JSON.stringify([...body].filter(([name]) => !BESIDE.test(name)));
}

// Leaves no more of each text than it takes to be too long.
export function shorten(body) {
  const cut = [...body].map(([name, value]) => [name, value.slice(0, MAX_SENT)]);
  for (const name of new Set(body.keys())) body.delete(name);
  for (const [name, value] of cut) body.append(name, value);
}
