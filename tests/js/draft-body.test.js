import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentOf, shorten } from '../../static/js/library/draft-body.js';

test('values posted beside the prompt are no content', () => {
  const one = new URLSearchParams('prompt=a&csrfmiddlewaretoken=1&draft_step=1&save_name=x');
  const other = new URLSearchParams(
    'prompt=a&csrfmiddlewaretoken=2&draft_step=2&outputs=3&beside=1',
  );

  assert.equal(contentOf(one), contentOf(other));
});

test('another run on the page is content: the draft brings it back', () => {
  const [one, other] = ['prompt=a&parent=1', 'prompt=a&parent=2'].map(
    (query) => new URLSearchParams(query),
  );

  assert.notEqual(contentOf(one), contentOf(other));
});

test('texts, their order and their number are content', () => {
  const contents = ['given=a&given=b', 'given=b&given=a', 'given=a', 'given='].map((query) =>
    contentOf(new URLSearchParams(query)),
  );

  assert.equal(new Set(contents).size, 4);
});

test('a text that the server would refuse is cut, and the others keep their order', () => {
  const body = new URLSearchParams([
    ['given', 'a'],
    ['prompt', 'x'.repeat(200_000)],
    ['given', 'b'],
  ]);

  shorten(body);

  assert.equal(body.get('prompt').length, 140_000);
  assert.deepEqual(body.getAll('given'), ['a', 'b']);
});
