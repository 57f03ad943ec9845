// The final statuses of a run, and the page's text for each.
export const ENDINGS = {
  succeeded: 'Finished.',
  cancelled: 'Stopped.',
  failed: 'The run failed.',
};

export function isFinal(status) {
  return Object.hasOwn(ENDINGS, status);
}
