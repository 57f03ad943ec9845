// The page's one WebSocket: follows runs, or topics of another kind, by position and passes new
// events on.
//
// A position is one token of a run, or one line of a record, counted from 1. A position that is
// already here is ignored, a gap is requested again, and a higher epoch starts the text over.

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 5000;
// After this many failures in a row the page reads the run over HTTP as well.
const MAX_FAILURES = 3;
// The server's close codes for a person who has signed out, and for a deleted one.
const SIGNED_OUT = 4401;
const DELETED = 4410;

export class Stream {
  #address;
  #socket = null;
  #failures = 0;
  #timer = 0;
  // Whether the last socket was closed because of the person who had opened it.
  #wasEnded = false;
  // The code of a close after which the runs may belong to somebody else, or nobody. 0 once they
  // have sent something since.
  #doubt = 0;
  #onEnd;
  // run id, or topic -> { epoch, next, handlers }; the handlers are tokens(tokens), or lines(lines)
  // of a record, restart(), state(event), connected(isOpen), stalled() and deleted().
  #runs = new Map();

  // onEnd(isDeleted): the person who opened the page has signed out, or is deleted.
  constructor(address, onEnd) {
    this.#address = address;
    this.#onEnd = onEnd;
  }

  follow(run, { epoch, next, handlers }) {
    this.#runs.set(run, { epoch, next, handlers });
    if (this.#socket?.readyState === WebSocket.OPEN) this.#ask(run);
    else this.#connect();
  }

  // handlers: whose; where a newer follower has taken the run over, nothing changes.
  unfollow(run, handlers) {
    const followed = this.#runs.get(run);
    if (!followed || (handlers && followed.handlers !== handlers)) return;
    this.#runs.delete(run);
    this.#send({ type: 'unfollow', ...addressOf(run) });
  }

  #connect() {
    if (this.#socket || this.#timer) return;
    const socket = new WebSocket(this.#address);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#failures = 0;
      this.#wasEnded = false;
      for (const [run, { handlers }] of this.#runs) {
        this.#ask(run);
        handlers.connected(true);
      }
    });
    socket.addEventListener('message', ({ data }) => {
      for (const event of JSON.parse(data)) this.#take(event);
    });
    socket.addEventListener('close', ({ code }) => {
      this.#socket = null;
      // One more try: the session may have changed, but may still belong to this person.
      const isOver = this.#wasEnded && code !== SIGNED_OUT && code !== DELETED;
      this.#wasEnded = code === SIGNED_OUT || code === DELETED;
      if (this.#wasEnded) this.#doubt = code;
      if (isOver) this.#onEnd(this.#doubt === DELETED);
      else if (this.#runs.size > 0 || code === DELETED) this.#reconnectLater();
    });
  }

  #reconnectLater() {
    this.#failures += 1;
    for (const { handlers } of this.#runs.values()) handlers.connected(false);
    if (this.#failures >= MAX_FAILURES)
      for (const { handlers } of this.#runs.values()) handlers.stalled();
    const longest = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#failures - 1));
    // Half of it is random, so that not all pages reconnect to a restarted server at once.
    const delay = longest / 2 + (Math.random() * longest) / 2;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (this.#runs.size > 0 || this.#wasEnded) this.#connect();
    }, delay);
  }

  #ask(run) {
    const { epoch, next } = this.#runs.get(run);
    this.#send({ type: 'follow', ...addressOf(run), epoch, from: next });
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #take(event) {
    const followed = this.#runs.get(event.run ?? event.topic);
    if (!followed) return;
    if (event.type === 'error') {
      if (event.code === 'deleted') followed.handlers.deleted();
      else if (this.#doubt) this.#onEnd(this.#doubt === DELETED);
      else followed.handlers.stalled();
      return;
    }
    this.#doubt = 0;
    if (event.type === 'tokens') this.#takeTokens(followed, event);
    else if (event.type === 'record') this.#takeLines(followed, event);
    else if (event.type === 'state') this.#takeState(followed, event);
  }

  #takeTokens(followed, { run, epoch, from, tokens }) {
    const fresh = this.#takeFresh(followed, { run, epoch, from, items: tokens });
    if (fresh.length > 0) followed.handlers.tokens(fresh);
  }

  #takeLines(followed, { topic, epoch, from, lines }) {
    const fresh = this.#takeFresh(followed, { run: topic, epoch, from, items: lines });
    if (fresh.length > 0) followed.handlers.lines(fresh);
  }

  // What of the items, the first of which is at position `from`, is not here yet.
  #takeFresh(followed, { run, epoch, from, items }) {
    if (epoch < followed.epoch) return [];
    if (epoch > followed.epoch) {
      followed.epoch = epoch;
      followed.next = 1;
      followed.handlers.restart(epoch);
    }
    if (from > followed.next) {
      this.#ask(run);
      return [];
    }
    const fresh = items.slice(followed.next - from);
    followed.next += fresh.length;
    return fresh;
  }

  #takeState(followed, event) {
    if (event.epoch < followed.epoch) return;
    followed.handlers.state(event);
  }
}

// How a message names what is followed.
function addressOf(id) {
  return id.includes(':') ? { topic: id } : { run: id };
}

// Where the page's socket is.
export function socketAddress() {
  const address = new URL(`${document.documentElement.dataset.root}ws/`, location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}
