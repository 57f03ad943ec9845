// Which views of tokens the page shows.

// Whether probabilities are visible at all.
export function areProbabilitiesShown() {
  return document.getElementById('card').hasAttribute('data-probabilities');
}

// Whether the borders of tokens are visible.
export function areTokensShown() {
  return document.getElementById('card').hasAttribute('data-token-view');
}

// Whether a card of the token, [id, text, logprob, top], has something to say.
export function isCardShown([, , logprob]) {
  return areTokensShown() || (areProbabilitiesShown() && logprob !== undefined);
}
