// How likely a token was, from the logarithm of its probability.
const CLASSES = [
  [Math.log(0.8), 5],
  [Math.log(0.5), 4],
  [Math.log(0.2), 3],
  [Math.log(0.05), 2],
];

// One of five classes, each with its own underline: 5 is 80 % or more, 1 is below 5 %.
export function likelihood(logprob) {
  return CLASSES.find(([least]) => logprob >= least)?.[1] ?? 1;
}

export function percent(logprob) {
  const share = 100 * Math.exp(logprob);
  if (share < 0.1) return '< 0.1 %';
  return share < 9.95 ? `${share.toFixed(1)} %` : `${Math.round(share)} %`;
}
