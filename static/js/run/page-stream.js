// The one socket of a template page: its run and the outputs beside it are followed on it. When the
// session is over, the document gets the event page:session-end with { isDeleted }.
import { Stream, socketAddress } from './stream.js';

export const pageStream = new Stream(socketAddress(), (isDeleted) => {
  document.dispatchEvent(new CustomEvent('page:session-end', { detail: { isDeleted } }));
});
