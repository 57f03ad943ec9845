// The figures of a training in words, as the server writes them (finetunes/words.py).

export function writeNumber(value) {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 10 ? 2 : 3);
}

export function writeDuration(seconds) {
  const whole = Math.max(Math.round(seconds), 0);
  if (whole < 60) return `${whole} s`;
  if (whole < 600) {
    const rest = whole % 60;
    return `${Math.floor(whole / 60)} min${rest ? ` ${rest} s` : ''}`;
  }
  const minutes = Math.round(whole / 60);
  if (whole < 3600) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 && hours < 10 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}

// Where a training is: progress has step, steps, epoch, epochs and best, the last three if known.
export function writePlace({ step, steps, epoch, epochs, best }) {
  const facts = [`Step ${step.toLocaleString('en')} of ${steps.toLocaleString('en')}`];
  if (epoch !== undefined && epochs) facts.push(`epoch ${short(epoch)} of ${short(epochs)}`);
  if (best) facts.push(`best at step ${best.toLocaleString('en')}`);
  return facts.join(' · ');
}

function short(value) {
  return value.toFixed(1).replace(/\.0$/, '');
}
