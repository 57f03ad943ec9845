import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenTexts } from '../../static/js/tokens/token-texts.js';

// A server that knows each token's text; `asked` has the addresses.
function serve(t, { isAway = false } = {}) {
  const asked = [];
  t.mock.method(globalThis, 'fetch', async (address) => {
    asked.push(address);
    if (isAway) throw new TypeError('fetch failed');
    const ids = new URLSearchParams(address.split('?')[1]).get('ids').split(',');
    return Response.json({ texts: Object.fromEntries(ids.map((id) => [id, `text ${id}`])) });
  });
  return asked;
}

test('known texts are not requested again', async (t) => {
  const asked = serve(t);
  const texts = new TokenTexts('/tokens/');

  await texts.of('demo', [1, 2]);
  const found = await texts.of('demo', [2, 3]);

  assert.deepEqual(
    [...found],
    [
      [2, 'text 2'],
      [3, 'text 3'],
    ],
  );
  assert.deepEqual(asked, ['/tokens/?model=demo&ids=1%2C2', '/tokens/?model=demo&ids=3']);
});

test('each model has its own texts', async (t) => {
  const asked = serve(t);
  const texts = new TokenTexts('/tokens/');

  await texts.of('demo', [1]);
  await texts.of('other', [1]);

  assert.equal(asked.length, 2);
});

test('an unavailable text is missing, and is requested again', async (t) => {
  serve(t, { isAway: true });
  const texts = new TokenTexts('/tokens/');

  assert.deepEqual([...(await texts.of('demo', [1]))], [[1, undefined]]);

  t.mock.restoreAll();
  serve(t);
  assert.deepEqual([...(await texts.of('demo', [1]))], [[1, 'text 1']]);
});
