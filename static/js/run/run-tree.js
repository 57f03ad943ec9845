// <run-tree>: the tree of runs. Arrow keys move in it as WAI-ARIA describes for a tree, and a
// button goes to the next star; below the tree is what made the run under the pointer or the focus.
// A node with the same prompt opens in the panel. Another one opens
// its own page, where the focus returns to its node.
import { onKey } from '../shell/input-method.js';
import { readStored, store } from '../shell/storage.js';

const RETURN = 'tree-focus';
const FOLDED = 'tree-folded';
const FOR_SESSION = { isForSession: true };

// The focus goes to the node that was pressed on the previous page.
export function returnToTree() {
  if (readStored(RETURN, FOR_SESSION) === location.pathname)
    document.querySelector('run-tree [aria-current]')?.focus();
  // Until then: the page may load once more by itself, to show an unsaved text.
  const forget = () => store(RETURN, null, FOR_SESSION);
  onKey(document, forget, { once: true });
  document.addEventListener('pointerdown', forget, { once: true });
}

class RunTree extends HTMLElement {
  constructor() {
    super();
    onKey(this, (event) => this.#press(event));
    this.addEventListener('focusin', ({ target }) => {
      const node = nodeOf(target);
      if (node) this.#rove(node);
      this.#tell(node);
    });
    this.addEventListener('pointerover', ({ target }) => this.#tell(nodeOf(target)));
    this.addEventListener('pointerleave', () => this.#tell(null));
    this.addEventListener('click', ({ target }) => this.#click(target));
  }

  connectedCallback() {
    // The tree is replaced with the panel while the old one is still there: the focus keeps its
    // place.
    const before = nodeOf(document.activeElement)?.id;
    const focused = before ? this.#nodes.find(({ id }) => id === before) : null;
    this.#fold(readStored(FOLDED) === 'yes');
    this.#arrange(focused ?? this.#current);
    focused?.focus({ preventScroll: true });
  }

  get #nodes() {
    return [...this.querySelectorAll('.tree-node')];
  }

  get #current() {
    return this.querySelector('[aria-current]');
  }

  // One node is in the Tab order; the current one is in view.
  #arrange(node) {
    if (!node) return;
    this.#rove(node);
    // In the next frame, which computes the layout anyway.
    requestAnimationFrame(() => showInList(node));
  }

  // Without a node, of the current one.
  #tell(node) {
    const line = this.querySelector('.tree-facts');
    if (line) line.textContent = (node ?? this.#current)?.dataset.facts ?? '';
  }

  // Folded, only its head is there; this browser remembers it.
  #fold(isFolded) {
    const button = this.querySelector('#fold-tree');
    if (!button) return;
    this.toggleAttribute('data-folded', isFolded);
    button.setAttribute('aria-expanded', String(!isFolded));
    store(FOLDED, isFolded ? 'yes' : 'no');
  }

  #rove(node) {
    for (const one of this.#nodes) one.tabIndex = one === node ? 0 : -1;
  }

  #press(event) {
    const node = nodeOf(event.target);
    if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = this.#nodes;
    const at = all.indexOf(node);
    const goal = {
      ArrowDown: () => all[at + 1],
      ArrowUp: () => all[at - 1],
      ArrowLeft: () => all.find(({ id }) => id === node.dataset.parent),
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

  #click(target) {
    if (target.closest('#next-star')) {
      const all = this.#nodes;
      nextStar(all, all.indexOf(this.#current))?.focus();
    }
    if (target.closest('#fold-tree')) this.#fold(!this.hasAttribute('data-folded'));
    const node = nodeOf(target);
    if (node && !node.hasAttribute('hx-get') && document.activeElement === node)
      store(RETURN, node.pathname, FOR_SESSION);
  }
}

function nodeOf(element) {
  return element?.closest('run-tree .tree-node') ?? null;
}

function nextStar(all, at) {
  return [...all.slice(at + 1), ...all.slice(0, at + 1)].find((node) => 'starred' in node.dataset);
}

function showInList(node) {
  const list = node.closest('.tree-list');
  const here = node.offsetTop - list.offsetTop;
  if (here < list.scrollTop || here + node.offsetHeight > list.scrollTop + list.clientHeight)
    list.scrollTop = here - list.clientHeight / 2;
}

customElements.define('run-tree', RunTree);
