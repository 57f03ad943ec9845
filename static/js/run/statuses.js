// The statuses of a run after which nothing more comes, and what the page says of each.
export const ENDINGS = {
  succeeded: 'Finished.',
  cancelled: 'Stopped.',
  failed: 'The run failed.',
};

export function isFinal(status) {
  return Object.hasOwn(ENDINGS, status);
}
