import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from '../../static/js/run/stream.js';
import { playServer } from './scripted-socket.js';

const SIGNED_OUT = 4401;
const DELETED = 4410;

// A page that follows a run; `heard` has the calls of its handlers, `endings` the ends of the session.
function follow(t, { epoch = 0, next = 1 } = {}) {
  const server = playServer(t);
  const endings = [];
  const stream = new Stream(server.address, (isDeleted) => endings.push(isDeleted));
  const heard = [];
  const names = ['tokens', 'restart', 'state', 'connected', 'stalled', 'deleted'];
  const handlers = Object.fromEntries(
    names.map((name) => [name, (value) => heard.push([name, value])]),
  );
  stream.follow('run', { epoch, next, handlers });
  return {
    server,
    stream,
    endings,
    heard,
    texts: () =>
      heard.flatMap(([name, tokens]) => (name === 'tokens' ? tokens.map(([, text]) => text) : [])),
    said: (name) => heard.filter(([one]) => one === name).map(([, value]) => value),
  };
}

const tokens = (from, ...texts) => ({
  type: 'tokens',
  run: 'run',
  choice: 0,
  epoch: 0,
  from,
  tokens: texts.map((text) => [1, text]),
});
const asks = (from, epoch = 0) => ({ type: 'follow', run: 'run', epoch, from });

test('asks for the first position that the page lacks', (t) => {
  const { server } = follow(t, { next: 5 });

  server.socket.accept();

  assert.deepEqual(server.socket.sent, [asks(5)]);
});

test('passes each token on once, in the order of positions', (t) => {
  const { server, texts } = follow(t);
  server.socket.accept();

  server.socket.say(tokens(1, 'a', 'b'), tokens(2, 'b', 'c'));
  server.socket.say(tokens(1, 'a', 'b', 'c'), tokens(4, 'd'));

  assert.deepEqual(texts(), ['a', 'b', 'c', 'd']);
});

test('asks again where a gap begins, and shows nothing after it', (t) => {
  const { server, texts } = follow(t);
  server.socket.accept();
  server.socket.say(tokens(1, 'a'));

  server.socket.say(tokens(3, 'c'));

  assert.deepEqual(texts(), ['a']);
  assert.deepEqual(server.socket.sent.at(-1), asks(2));

  server.socket.say(tokens(2, 'b', 'c'));
  assert.deepEqual(texts(), ['a', 'b', 'c']);
});

test('a higher epoch starts the text over, at its first position', (t) => {
  const { server, heard } = follow(t);
  server.socket.accept();
  server.socket.say(tokens(1, 'a', 'b'));

  server.socket.say({ ...tokens(1, 'x'), epoch: 1 });

  assert.deepEqual(heard.slice(-2), [
    ['restart', 1],
    ['tokens', [[1, 'x']]],
  ]);
});

test('a higher epoch that begins later is asked for from its beginning', (t) => {
  const { server, texts, said } = follow(t);
  server.socket.accept();

  server.socket.say({ ...tokens(3, 'z'), epoch: 1 });

  assert.deepEqual(said('restart'), [1]);
  assert.deepEqual(texts(), []);
  assert.deepEqual(server.socket.sent.at(-1), asks(1, 1));
});

test('events of a lower epoch are ignored', (t) => {
  const { server, texts, said } = follow(t, { epoch: 2 });
  server.socket.accept();

  server.socket.say({ ...tokens(1, 'old'), epoch: 1 });
  server.socket.say({ type: 'state', run: 'run', epoch: 1, status: 'failed' });

  assert.deepEqual([texts(), said('state')], [[], []]);
});

test('a lost connection continues from the next position', (t) => {
  const { server, texts, said } = follow(t);
  server.socket.accept();
  server.socket.say(tokens(1, 'a', 'b'));

  server.socket.drop();
  assert.deepEqual(said('connected'), [true, false]);
  server.pass();
  server.socket.accept();

  assert.equal(server.sockets.length, 2);
  assert.deepEqual(server.socket.sent, [asks(3)]);
  server.socket.say(tokens(3, 'c'));
  assert.deepEqual(texts(), ['a', 'b', 'c']);
});

test('waits longer after each failure, up to five seconds', (t) => {
  const { server } = follow(t);

  const waits = Array.from({ length: 7 }, () => {
    server.socket.drop();
    return server.pass();
  });

  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 5000, 5000]);
});

test('waits a random time of at least half', (t) => {
  const { server } = follow(t);
  Math.random.mock.mockImplementation(() => 0);

  server.socket.drop();

  assert.equal(server.pass(), 125);
});

test('an open connection resets the count of failures', (t) => {
  const { server } = follow(t);
  for (let failure = 0; failure < 4; failure += 1) {
    server.socket.drop();
    server.pass();
  }
  server.socket.accept();

  server.socket.drop();

  assert.equal(server.pass(), 250);
});

test('after three failures in a row the page reads the run in another way', (t) => {
  const { server, said } = follow(t);

  const stalls = [1, 2, 3].map(() => {
    server.socket.drop();
    server.pass();
    return said('stalled').length;
  });

  assert.deepEqual(stalls, [0, 0, 1]);
});

test('a run that is no longer followed sends nothing and needs no connection', (t) => {
  const { server, stream, texts } = follow(t);
  server.socket.accept();

  stream.unfollow('run');
  server.socket.say(tokens(1, 'a'));
  server.socket.drop();

  assert.deepEqual(server.socket.sent.at(-1), { type: 'unfollow', run: 'run' });
  assert.deepEqual(texts(), []);
  assert.equal(server.isWaiting, false);
});

test('a second run is followed on the same connection', (t) => {
  const { server, stream } = follow(t);
  server.socket.accept();

  stream.follow('other', { epoch: 0, next: 1, handlers: {} });

  assert.equal(server.sockets.length, 1);
  assert.deepEqual(server.socket.sent.at(-1), { ...asks(1), run: 'other' });
});

test('after an error about a run the page reads it in another way', (t) => {
  const { server, said } = follow(t);
  server.socket.accept();

  server.socket.say({ type: 'error', run: 'run', code: 'unavailable', message: '' });

  assert.equal(said('stalled').length, 1);
});

test('a deleted run is reported', (t) => {
  const { server, said } = follow(t);
  server.socket.accept();

  server.socket.say({ type: 'error', run: 'run', code: 'deleted', message: '' });

  assert.equal(said('deleted').length, 1);
});

test('an ended session is tried once more, and then the page gives up', (t) => {
  const { server, endings } = follow(t);
  server.socket.accept();

  server.socket.drop(SIGNED_OUT);
  server.pass();
  assert.deepEqual(endings, []);
  server.socket.drop();

  assert.deepEqual(endings, [false]);
  assert.equal(server.isWaiting, false);
});

test('a changed session of the same person continues', (t) => {
  const { server, endings, texts } = follow(t);
  server.socket.accept();
  server.socket.drop(SIGNED_OUT);
  server.pass();

  server.socket.accept();
  server.socket.say(tokens(1, 'a'));
  server.socket.say({ type: 'error', run: 'run', code: 'missing', message: '' });

  assert.deepEqual(texts(), ['a']);
  assert.deepEqual(endings, []);
});

test('a run that the new session cannot find ends the page', (t) => {
  const { server, endings } = follow(t);
  server.socket.accept();
  server.socket.drop(SIGNED_OUT);
  server.pass();
  server.socket.accept();

  server.socket.say({ type: 'error', run: 'run', code: 'missing', message: '' });

  assert.deepEqual(endings, [false]);
});

test('a deleted person sees a message, even without a run', (t) => {
  const { server, stream, endings } = follow(t);
  server.socket.accept();
  stream.unfollow('run');

  server.socket.drop(DELETED);
  server.pass();
  server.socket.drop();

  assert.deepEqual(endings, [true]);
});
