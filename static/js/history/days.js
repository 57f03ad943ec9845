// The headings of days in the list of runs: the server's are by its own time zone, and each page of
// the list begins with one. Here they are by the reader's days.

export function drawDays(list) {
  for (const heading of list.querySelectorAll('.day-row')) heading.remove();
  let last = '';
  for (const row of list.querySelectorAll('.history-row')) {
    const moment = new Date(row.querySelector('time').dateTime);
    const day = nameDay(moment, new Date());
    if (day !== last) row.before(headingOf(day));
    last = day;
  }
}

// "Today", "Yesterday", "Monday, 23 November".
export function nameDay(moment, now) {
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (moment.toDateString() === now.toDateString()) return 'Today';
  if (moment.toDateString() === yesterday.toDateString()) return 'Yesterday';
  const year = moment.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' };
  const weekday = moment.toLocaleDateString('en-GB', { weekday: 'long' });
  const date = moment.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', ...year });
  return `${weekday}, ${date}`;
}

function headingOf(day) {
  const row = document.createElement('li');
  row.className = 'day-row';
  const title = document.createElement('h2');
  title.textContent = day;
  row.append(title);
  return row;
}
