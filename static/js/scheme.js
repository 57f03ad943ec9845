// Runs before the first paint: sets the chosen colour scheme, and marks that scripts run.
const root = document.documentElement;
root.classList.add('js');
try {
  const scheme = localStorage.getItem('scheme');
  if (scheme === 'light' || scheme === 'dark') root.dataset.scheme = scheme;
} catch {
  // Storage is refused: the system's scheme applies.
}
