/** Where the keys after `g` lead. */
export const PLACES = {
  o: ['/', 'Overview'],
  g: ['/gateways', 'Gateways'],
  s: ['/sensors', 'Sensors'],
  f: ['/factories', 'Factories'],
  k: ['/settings/keys', 'API keys'],
  a: ['/settings/audit', 'Audit log'],
} as const;

export type Place = keyof typeof PLACES;

/** The other keys, and what they do. None of them changes anything. */
export const KEYS: readonly (readonly [key: string, what: string])[] = [
  ['Ctrl K', 'Go to a page, gateway, factory or sensor by its name'],
  ['/', 'Search the list'],
  ['j', 'Next row'],
  ['k', 'Previous row'],
  ['Enter', 'Open the row'],
  ['x', 'Select the row'],
  ['e', 'Edit what the page shows'],
  ['t', 'Go to the test of the connection'],
  ['?', 'These keys'],
  ['Esc', 'Close, or leave a field'],
];

const TYPING = 'input, select, textarea, [contenteditable], dialog[open] *';
const ROWS = 'main tbody [role=rowheader] a';

interface Shortcuts {
  readonly goTo: (place: Place) => void;
  readonly showHelp: () => void;
  readonly openPalette: () => void;
}

/** Listens to keys that are pressed outside of fields, and to Ctrl K everywhere. Returns a function that ends it. */
export function listenToShortcuts({ goTo, showHelp, openPalette }: Shortcuts): () => void {
  let isGoing = false;
  const listen = (event: KeyboardEvent): void => {
    const { key, target } = event;
    if (event.defaultPrevented || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (key !== 'k' || document.querySelector('dialog[open]')) return;
      event.preventDefault(); // Browsers search with it.
      return openPalette();
    }
    if (target instanceof Element && target.matches(TYPING)) {
      if (key === 'Escape' && target instanceof HTMLElement && !target.closest('dialog')) target.blur();
      return;
    }
    const wasGoing = isGoing;
    isGoing = !wasGoing && key === 'g';
    const isDone = wasGoing ? go(key, goTo) : isGoing || press(key, showHelp);
    if (isDone) event.preventDefault();
  };
  document.addEventListener('keydown', listen);
  return () => document.removeEventListener('keydown', listen);
}

function go(key: string, goTo: Shortcuts['goTo']): boolean {
  if (!(key in PLACES)) return false;
  goTo(key as Place);
  return true;
}

/** Whether the key means something on this page. */
function press(key: string, showHelp: () => void): boolean {
  switch (key) {
    case '/':
      return focus(document.querySelector<HTMLElement>('[data-search]'));
    case 'j':
      return focus(neighbour(1));
    case 'k':
      return focus(neighbour(-1));
    case 'x':
      return select(present());
    case 'e': {
      const edit = document.querySelector<HTMLElement>('[data-key=e]');
      edit?.click();
      return edit !== null;
    }
    case 't':
      return focus(document.querySelector<HTMLElement>('[data-key=t]'));
    case '?':
      showHelp();
      return true;
    default:
      return false;
  }
}

function focus(element: HTMLElement | null | undefined): boolean {
  element?.focus();
  element?.scrollIntoView({ block: 'nearest' });
  return Boolean(element);
}

/** Whether the row can be selected. It keeps the focus. */
function select(row: Element | null | undefined): boolean {
  const box = row?.querySelector<HTMLElement>('input[type=checkbox]');
  box?.click();
  return Boolean(box);
}

/** The row with the focus. */
function present(): Element | null | undefined {
  return document.activeElement?.closest('main tbody tr');
}

/** The row after or before the one with the focus; without one, the first. */
function neighbour(step: number): HTMLElement | undefined {
  const rows = [...document.querySelectorAll<HTMLElement>(ROWS)];
  const place = rows.findIndex((row) => row.closest('tr')?.contains(document.activeElement));
  return place === -1 ? rows[0] : (rows[place + step] ?? rows[place]);
}
