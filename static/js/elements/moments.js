// A moment in few words: its time if it is today, else its day. locale: the reader's when left out.
export function shortMoment(moment, now, locale = []) {
  return moment.toDateString() === now.toDateString()
    ? moment.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' })
    : moment.toLocaleDateString(locale, { day: 'numeric', month: 'short', year: 'numeric' });
}
