import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import {
  forgetAccount,
  forgetUnsent,
  keepUnsent,
  waitingFor,
} from '../../static/js/shell/unsent-store.js';

// Like the browser's: its keys are those of the object.
class Storage {
  getItem(key) {
    return this[key] ?? null;
  }

  setItem(key, value) {
    this[key] = value;
  }

  removeItem(key) {
    delete this[key];
  }
}

const draft = (account) => ({ address: '/draft/', account, body: new URLSearchParams('prompt=a') });
const writers = (account) => waitingFor(account).map(([writer]) => writer);

beforeEach(() => {
  globalThis.localStorage = new Storage();
  localStorage.setItem('scheme', 'dark');
});

test('a draft waits until it is forgotten', () => {
  keepUnsent('one', draft('ann'));

  assert.deepEqual(waitingFor('ann'), [
    ['one', { address: '/draft/', account: 'ann', body: 'prompt=a' }],
  ]);
  forgetUnsent('one');
  assert.deepEqual(waitingFor('ann'), []);
});

test("an account's draft waits for its account, a guest's for the next person", () => {
  keepUnsent('one', draft('ann'));
  keepUnsent('two', draft(''));

  assert.deepEqual(writers('ann'), ['one', 'two']);
  assert.deepEqual(writers('bob'), ['two']);
});

test('only the drafts of a deleted account are removed', () => {
  keepUnsent('one', draft('ann'));
  keepUnsent('two', draft('bob'));

  forgetAccount('ann');

  assert.deepEqual([...writers('ann'), ...writers('bob')], ['two']);
  assert.equal(localStorage.getItem('scheme'), 'dark');
});

test('a browser that refuses storage keeps nothing and breaks nothing', () => {
  globalThis.localStorage = new Proxy(
    {},
    {
      get() {
        throw new DOMException('refused', 'SecurityError');
      },
    },
  );

  keepUnsent('one', draft('ann'));
  assert.deepEqual(waitingFor('ann'), []);
});
