// All data of a person are deleted: each of their open pages says so.
//
// The page after the deletion tells the browser's other tabs; on another device a page learns of it
// by its socket (stream.js).

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
  // The page's own requests are refused from now on, which is no news.
  clearNotice();
  document.addEventListener('htmx:beforeSwap', ({ detail }) => {
    const isAsked = detail.requestConfig.elt.matches('button, a');
    if (detail.target?.id === 'notice' && !isAsked) detail.shouldSwap = false;
  });
}
