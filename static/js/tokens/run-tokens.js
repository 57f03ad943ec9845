// The tokens of a run that the page has only as text.

// [[id, text], ...] of the run whose panel or card the element is; null where the server gave no
// answer.
export async function fetchTokens({ dataset }) {
  const answer = await fetch(dataset.tokensUrl).catch(() => null);
  if (!answer?.ok) return null;
  const { tokens } = await answer.json();
  return tokens;
}
