// Tokens are [id, text] or [id, text, logprob, top].

// The tokens after the text's first `length` characters. A token that is cut loses its probability,
// because it is no longer the model's token.
export function tokensFrom(tokens, length) {
  let end = 0;
  return tokens.flatMap((token) => {
    const [id, text] = token;
    end += text.length;
    if (end <= length) return [];
    const known = Math.max(0, length - (end - text.length));
    return [known > 0 ? [id, text.slice(known)] : token];
  });
}

// [run, tokens] in the order of arrival, as one list of tokens for each run.
export function groupByRun(pending) {
  const groups = new Map();
  for (const [run, tokens] of pending) groups.set(run, [...(groups.get(run) ?? []), ...tokens]);
  return groups;
}
