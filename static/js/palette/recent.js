// The commands that were used last. The browser remembers them; they are nobody else's.
const MEMORY = 'palette-recent';
const MAX_REMEMBERED = 20;

// The ids, the one used last first.
export function recentIds() {
  try {
    const ids = JSON.parse(localStorage.getItem(MEMORY) ?? '[]');
    return Array.isArray(ids) ? ids : [];
  } catch {
    return [];
  }
}

export function rememberId(id) {
  try {
    const ids = [id, ...recentIds().filter((one) => one !== id)].slice(0, MAX_REMEMBERED);
    localStorage.setItem(MEMORY, JSON.stringify(ids));
  } catch {
    // Storage is refused: nothing is remembered.
  }
}
