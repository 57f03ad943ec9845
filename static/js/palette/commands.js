// The commands of this page, and the links of its navigation. A command presses an element of the
// page; it does nothing by itself.

// Each element that a selector finds is a command; if several selectors find one, the first counts.
// Without a name it has the element's own text.
const ACTIONS = [
  ['#run', () => 'Run'],
  ['#run-here', () => 'Run from the cursor'],
  ['#stop', () => 'Stop'],
  ['#retry', () => 'Retry'],
  ['#undo'],
  ['#redo'],
  ['#open-save', () => 'Save'],
  ['#open-share', () => 'Share'],
  ['#copy-state', () => 'Link to this state'],
  ['.page-actions .star', ({ ariaPressed }) => starName(ariaPressed, 'prompt')],
  ['.run-tools .star', ({ ariaPressed }) => starName(ariaPressed, 'run')],
  ['#copy-output', () => 'Copy the completion'],
  ['#append-output'],
  ['#previous-sibling'],
  ['#next-sibling'],
  ['#next-star', () => 'Go to the next starred run'],
  ['#parameter-logprobs', ({ checked }) => `Probabilities: turn ${checked ? 'off' : 'on'}`],
  ['#reset-parameters', () => 'Reset the parameters'],
  ['.page-actions > a.button'],
  ['.page-actions .menu-link[download]', (link) => `Export as ${wordsIn(link)}`],
  ['.run-tools .menu-link', (link) => `${wordsIn(link)} (this run)`],
  [
    '.library-shows a',
    (link) =>
      `Show ${wordsIn(link)
        .replace(/\s*\d+$/, '')
        .toLowerCase()}`,
  ],
  ['.shared-actions a'],
  ['.history-foot a'],
];
const EVERYWHERE = [['.keys-button'], ['.account-panel button']];
const PAGES = '.site-nav a, .account-panel a';
// Their own icons say more than one common icon.
const ICONS = { action: 'next', page: 'open', site: 'next' };

export function commandsOfPage() {
  return [
    ...toPress('action', ACTIONS),
    ...pages(),
    ...models(),
    ...schemes(),
    ...toPress('site', EVERYWHERE),
  ];
}

export function hasModelMenu() {
  return document.getElementById('model-menu') !== null;
}

function toPress(kind, list) {
  const known = new Set();
  return list.flatMap(([selector, name = wordsIn]) =>
    [...document.querySelectorAll(selector)]
      .filter((element) => canBePressed(element) && !known.has(element) && known.add(element))
      .map((element) => command(kind, element, name(element))),
  );
}

function pages() {
  return [...document.querySelectorAll(PAGES)]
    .filter((link) => link.getAttribute('aria-current') !== 'page')
    .map((link) => command('page', link, wordsIn(link)));
}

function models() {
  return [...document.querySelectorAll('#model-list input:not(:checked)')].map((input) => ({
    ...command('model', input, wordsIn(input.parentElement.querySelector('.model-choice-name'))),
    icon: 'sliders',
  }));
}

function schemes() {
  const element = document.querySelector('scheme-button');
  return (element?.schemes ?? []).map(({ scheme, name, isChosen }) => ({
    id: `site:scheme-${scheme}`,
    kind: 'site',
    name: `Colour scheme: ${name}${isChosen ? ' (now)' : ''}`,
    icon: `scheme-${scheme}`,
    keys: '',
    press: () => element.choose(scheme),
  }));
}

function command(kind, element, name) {
  // A command that is only a link can be opened as one, in another tab too.
  const isLink = element.matches('a[href]:not([download], [hx-get], [hx-post])');
  const icon = element.querySelector?.('.icon use')?.getAttribute('href')?.slice('#icon-'.length);
  return {
    id: `${kind}:${element.id && !/\d/.test(element.id) ? element.id : name}`,
    kind,
    name,
    icon: icon ?? ICONS[kind],
    keys: keysOf(element),
    ...(isLink ? { address: element.href } : { press: () => press(element) }),
  };
}

function canBePressed(element) {
  const isOff = element.disabled || element.ariaDisabled === 'true' || element.closest('[hidden]');
  return !isOff && element.getAttribute('aria-current') !== 'page';
}

// The panel may have been drawn again. Elements inside the share dialog open it first.
function press(element) {
  const now = element.isConnected ? element : document.getElementById(element.id);
  if (now?.closest('#share')) {
    const body = document.getElementById('share-body');
    body.addEventListener('htmx:afterSettle', () => now.click(), { once: true });
    document.getElementById('open-share').click();
  } else {
    now?.click();
  }
}

function starName(pressed, what) {
  return pressed === 'true' ? `Take the star off this ${what}` : `Star this ${what}`;
}

function wordsIn(element) {
  if (element.ariaLabel) return element.ariaLabel;
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll('kbd, svg')) part.remove();
  return copy.textContent.replace(/\s+/g, ' ').trim();
}

function keysOf(element) {
  return element.querySelector?.('kbd')?.textContent.trim() ?? '';
}
