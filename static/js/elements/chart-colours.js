// Colours of the style sheet for a chart's canvas: a property with light-dark() is known only as
// the colour of something.
export function chartColours(place) {
  return (name) => {
    const probe = document.createElement('span');
    probe.className = `chart-colour chart-colour--${name}`;
    place.append(probe);
    return () => getComputedStyle(probe).color;
  };
}

// Calls redraw() whenever the colours change, until the signal is aborted.
export function onColourChange(redraw, signal) {
  const scheme = new MutationObserver(redraw);
  scheme.observe(document.documentElement, { attributeFilter: ['data-scheme'] });
  signal.addEventListener('abort', () => scheme.disconnect());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw, { signal });
}
