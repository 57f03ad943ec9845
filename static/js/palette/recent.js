// Recently used commands. The browser remembers them, and nobody else sees them.
const MEMORY = 'palette-recent';
const MAX_REMEMBERED = 20;

// The ids, the most recently used first.
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
