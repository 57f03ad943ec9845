// Everything of a person is deleted: each page of theirs that is still open says so.
//
// The page that follows the deletion tells the browser's other tabs; on another device a page hears
// of it by its socket (stream.js).

import { pageAccount } from './account.js';
import { clearNotice } from './notices.js';
import { forgetAccount } from './unsent-store.js';

const tabs = new BroadcastChannel('all-deleted');

export function startDeleted() {
  tabs.addEventListener('message', ({ data }) => {
    if (data === pageAccount()) sayAllDeleted();
  });
  const told = document.querySelector('[data-all-deleted]');
  if (!told) return;
  forgetAccount(told.dataset.allDeleted);
  tabs.postMessage(told.dataset.allDeleted);
}

export function sayAllDeleted() {
  if (document.getElementById('all-deleted')) return;
  const what = pageAccount()
    ? 'Your account and everything in it are'
    : 'Everything you made here is';
  const notice = document.createElement('div');
  notice.id = 'all-deleted';
  notice.className = 'notice notice--warning all-deleted';
  notice.setAttribute('role', 'alert');
  const sentence = document.createElement('p');
  sentence.textContent = `${what} deleted. What this page still shows is kept nowhere.`;
  notice.append(sentence);
  document.querySelector('.topbar').after(notice);
  document.dispatchEvent(new Event('page:deleted'));
  // What the page asks by itself is refused from now on, which says nothing new.
  clearNotice();
  document.addEventListener('htmx:beforeSwap', ({ detail }) => {
    const isAsked = detail.requestConfig.elt.matches('button, a');
    if (detail.target?.id === 'notice' && !isAsked) detail.shouldSwap = false;
  });
}
