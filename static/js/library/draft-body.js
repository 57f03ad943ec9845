// The form's values as a draft stores them. body: URLSearchParams.

// Values that are posted besides the prompt itself.
const BESIDE =
  /^(csrfmiddlewaretoken|version|prompt_id|beside|outputs|several|draft|draft_\w+|save_\w+)$/;
// The kept part of a text that the server would refuse; over double the longest prompt, in
// JavaScript's units.
const MAX_SENT = 140_000;

// The content as a person would see it, for comparison.
export function contentOf(body) {
  return JSON.stringify([...body].filter(([name]) => !BESIDE.test(name)));
}

// Shortens each text, but leaves enough to be too long.
export function shorten(body) {
  const cut = [...body].map(([name, value]) => [name, value.slice(0, MAX_SENT)]);
  for (const name of new Set(body.keys())) body.delete(name);
  for (const [name, value] of cut) body.append(name, value);
}
