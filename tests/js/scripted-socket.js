// The page's end of a WebSocket and the browser's timers, played by a test: the test is the server
// and the clock.

const TARGET = 'http://localhost/ws/';

export class ScriptedSocket extends EventTarget {
  static OPEN = 1;
  // All sockets made since `playServer`.
  static all = [];

  readyState = 0;
  // The messages of the page, parsed.
  sent = [];

  constructor(address) {
    super();
    this.address = address;
    ScriptedSocket.all.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  // --- What the server does ---------------------------------------------------------------

  accept() {
    this.readyState = ScriptedSocket.OPEN;
    this.dispatchEvent(new Event('open'));
  }

  say(...events) {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(events) }));
  }

  drop(code = 1006) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code }));
  }
}

// Replaces the network and the timers during a test.
export function playServer(t) {
  ScriptedSocket.all = [];
  const timers = [];
  globalThis.WebSocket = ScriptedSocket;
  t.mock.method(globalThis, 'setTimeout', (run, ms) => timers.push({ run, ms }));
  t.mock.method(Math, 'random', () => 1);
  return {
    address: TARGET,
    get sockets() {
      return ScriptedSocket.all;
    },
    get socket() {
      return ScriptedSocket.all.at(-1);
    },
    // Lets the pending wait pass; returns its milliseconds.
    pass() {
      const { run, ms } = timers.shift();
      run();
      return ms;
    },
    get isWaiting() {
      return timers.length > 0;
    },
  };
}
