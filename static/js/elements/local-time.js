// <local-time><time datetime="…">the server's text</time></local-time>: the moment in the reader's
// time zone and format.
import { shortMoment } from './moments.js';

class LocalTime extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector('time');
    const moment = new Date(time.dateTime);
    // Where the day is written elsewhere, only the hour.
    time.textContent = shortMoment(moment, 'time' in this.dataset ? moment : new Date());
    time.title = moment.toLocaleString();
  }
}

customElements.define('local-time', LocalTime);
