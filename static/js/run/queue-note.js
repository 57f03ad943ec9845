// The place of a run in the queue, in words; "" when it waits no more.
// ahead: how many runs go first. seconds: how long it will take, or null when nobody knows.
export function queueNote(ahead, seconds) {
  if (ahead === undefined || ahead === null) return '';
  const before =
    ahead === 0 ? 'next in line' : `${ahead} run${ahead > 1 ? 's' : ''} before this one`;
  return seconds ? `${before}, about ${Math.max(1, Math.round(seconds))} s` : before;
}
