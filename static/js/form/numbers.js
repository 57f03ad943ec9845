// A number of the parameters: its slider and its input show the same value. If the page has to
// change a typed number, it says how.
import { announce } from '../shell/announcer.js';
import { changeOf, readNumber } from './typed-number.js';

export function bindNumber(element) {
  const input = element.querySelector('.number');
  const slider = element.querySelector('.slider');
  const { min, max, off } = input.dataset;
  const isWhole = 'whole' in input.dataset;
  const note = noteUnder(element);

  const read = () => readNumber(input.value, { off, isWhole });
  const write = (value) => {
    if (input.name === 'top_k' && value === Number(off)) return 'off';
    return isWhole ? String(Math.round(value)) : value.toFixed(2);
  };
  const fill = () => {
    const share = (Number(slider.value) - Number(min)) / (Number(max) - Number(min));
    // A slider with negative values is filled from zero.
    const zero = Number(min) < 0 ? -Number(min) / (Number(max) - Number(min)) : 0;
    slider.style.setProperty('--from', zero ? place(Math.min(zero, share)) : '0%');
    slider.style.setProperty('--fill', place(Math.max(zero, share)));
    slider.setAttribute('aria-valuetext', write(Number(slider.value)));
  };
  const follow = () => {
    const value = read();
    if (!Number.isNaN(value)) slider.value = String(value);
    fill();
  };
  slider.addEventListener('input', () => {
    input.value = write(Number(slider.value));
    fill();
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
  input.addEventListener('input', () => {
    note.tell('');
    if (document.activeElement === input) follow();
  });
  input.addEventListener('change', () => {
    const typed = input.value.trim();
    const value = read();
    const inside = Math.min(Math.max(value, Number(min)), Number(max));
    input.value = Number.isNaN(inside) ? element.dataset.default : write(inside);
    follow();
    note.tell(changeOf(typed, value, inside, input.value));
  });
  input.addEventListener('focus', () => input.select());
  follow();
  return {
    reset: () => {
      input.value = element.dataset.default;
      note.tell('');
      follow();
    },
    get isChanged() {
      return write(read()) !== element.dataset.default;
    },
    input,
  };
}

function noteUnder(element) {
  const paragraph = document.createElement('p');
  paragraph.className = 'hint number-note';
  paragraph.hidden = true;
  element.append(paragraph);
  return {
    tell(text) {
      paragraph.textContent = text;
      paragraph.hidden = !text;
      if (text) announce(text);
    },
  };
}

// Where a slider's fill ends. The thumb's middle does not reach the ends of the track.
export function place(share) {
  return `calc(${share * 100}% + ${0.5 - share} * 1rem)`;
}
