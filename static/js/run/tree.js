// The tree of runs: arrow keys as WAI-ARIA has them for a tree, and the way to what is starred.
// A node that is the same prompt opens in the panel; another one is a page of its own, and the
// focus comes back to its node there.
import { onKey } from '../shell/input-method.js';

const RETURN = 'tree-focus';

export function startTree() {
  arrange();
  if (sessionStorage.getItem(RETURN) === location.pathname) current()?.focus();
  // Until then: the page may load once more by itself, to show what it had not kept yet.
  const forget = () => sessionStorage.removeItem(RETURN);
  onKey(document, forget, { once: true });
  document.addEventListener('pointerdown', forget, { once: true });
  let focused = null;
  // The tree is replaced with the panel: the focus stays where it was.
  document.addEventListener('htmx:oobBeforeSwap', ({ detail }) => {
    if (detail.target.id === 'tree') focused = within(document.activeElement)?.id ?? null;
  });
  document.addEventListener('htmx:oobAfterSwap', ({ detail }) => {
    if (detail.target.id !== 'tree') return;
    arrange(focused);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    focused = null;
  });
  onKey(document, pressed);
  document.addEventListener('focusin', ({ target }) => {
    const node = within(target);
    if (node) rove(node);
  });
  document.addEventListener('click', ({ target }) => {
    if (target.closest?.('#next-star')) toStar();
    const node = within(target);
    if (node && !node.hasAttribute('hx-get') && document.activeElement === node) {
      sessionStorage.setItem(RETURN, node.pathname);
    }
  });
}

function nodes() {
  return [...document.querySelectorAll('#tree [role=treeitem]')];
}

function current() {
  return document.querySelector('#tree [aria-current]');
}

function within(element) {
  return element?.closest?.('#tree [role=treeitem]') ?? null;
}

// One node is in the order of Tab; the current one is in sight.
function arrange(keep) {
  const node = (keep && document.getElementById(keep)) || current();
  if (!node) return;
  rove(node);
  const list = node.closest('.tree-list');
  const here = node.offsetTop - list.offsetTop;
  if (here < list.scrollTop || here + node.offsetHeight > list.scrollTop + list.clientHeight) {
    list.scrollTop = here - list.clientHeight / 2;
  }
}

function rove(node) {
  for (const one of nodes()) one.tabIndex = one === node ? 0 : -1;
}

function pressed(event) {
  const node = within(event.target);
  if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = nodes();
  const at = all.indexOf(node);
  const goal = {
    ArrowDown: () => all[at + 1],
    ArrowUp: () => all[at - 1],
    ArrowLeft: () => document.getElementById(node.dataset.parent),
    ArrowRight: () => (all[at + 1]?.dataset.parent === node.id ? all[at + 1] : null),
    Home: () => all[0],
    End: () => all.at(-1),
    b: () => nextStar(all, at),
    ' ': () => node.click(),
  }[event.key];
  if (!goal) return;
  event.preventDefault();
  goal()?.focus();
}

function nextStar(all, at) {
  return [...all.slice(at + 1), ...all.slice(0, at + 1)].find((node) => 'starred' in node.dataset);
}

function toStar() {
  const all = nodes();
  nextStar(all, all.indexOf(current()))?.focus();
}
