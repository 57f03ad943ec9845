// <local-time><time datetime="…">what the server wrote</time></local-time>: the moment as the
// reader's clock and calendar have it.
import { shortMoment } from './moments.js';

class LocalTime extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector('time');
    const moment = new Date(time.dateTime);
    time.textContent = shortMoment(moment, new Date());
    time.title = moment.toLocaleString();
  }
}

customElements.define('local-time', LocalTime);
