// How fast an upload is, over the last seconds, and how long it still takes.
const WINDOW_MS = 5000;

export class Speed {
  #points = [];

  // bytes: how many have gone out so far; now: in milliseconds.
  add(bytes, now) {
    if (this.#points.length > 0 && bytes < this.#points.at(-1).bytes) this.#points = [];
    this.#points.push({ bytes, now });
    while (this.#points.length > 2 && now - this.#points[0].now > WINDOW_MS) this.#points.shift();
  }

  // Bytes a second; 0 while it is not known.
  get rate() {
    const [first, last] = [this.#points[0], this.#points.at(-1)];
    const ms = last ? last.now - first.now : 0;
    return ms > 0 ? (1000 * (last.bytes - first.bytes)) / ms : 0;
  }

  // Seconds for what is left of `total`; null while it is not known.
  secondsLeft(total) {
    const sent = this.#points.at(-1)?.bytes ?? 0;
    return this.rate > 0 ? Math.max(0, total - sent) / this.rate : null;
  }
}

const UNITS = [
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
];

// A size as the server writes it: 104745 is "105 kB".
export function writeSize(bytes) {
  const [size, unit] = UNITS.find(([size]) => bytes >= size) ?? [1, 'bytes'];
  return `${(bytes / size).toFixed(size >= 1e6 ? 1 : 0)} ${unit}`;
}

export function writeSeconds(seconds) {
  if (seconds === null) return '';
  if (seconds < 60) return `${Math.ceil(seconds)} s left`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}
