// The probabilities of a prompt's tokens as places in its text, and in sum.

// tokens: [id, start, end], or [id] for one that the text does not show; result: [logprob, top] of
// each, the first without a logprob. Returns [{ from, to, ids, logprob, top }]. Tokens that share a
// character are one piece, which is as likely as all of them together.
export function scoredPieces(tokens, result) {
  const pieces = [];
  tokens.forEach(([id, from, to], index) => {
    if (from === undefined) return;
    const [logprob, top] = result[index];
    const last = pieces.at(-1);
    if (last && from < last.to) {
      last.ids.push(id);
      last.to = Math.max(last.to, to);
      last.logprob = last.logprob === null ? null : last.logprob + logprob;
      last.top = [];
    } else {
      pieces.push({ from, to, ids: [id], logprob, top });
    }
  });
  // Nothing is before the first token of all.
  return pieces.filter(({ logprob }) => logprob !== null);
}

// "42 tokens, perplexity 8.3"
export function summaryOf(result) {
  const count = `${result.length.toLocaleString('en')} token${result.length === 1 ? '' : 's'}`;
  const logprobs = result.map(([logprob]) => logprob).filter((logprob) => logprob !== null);
  if (logprobs.length === 0) return `${count}, nothing before it`;
  const mean = logprobs.reduce((sum, logprob) => sum + logprob, 0) / logprobs.length;
  return `${count}, perplexity ${shorten(Math.exp(-mean))}`;
}

function shorten(number) {
  if (number < 99.95) return number.toFixed(1);
  return number < 1e6 ? Math.round(number).toLocaleString('en') : number.toExponential(1);
}
