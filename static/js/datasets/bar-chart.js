// <bar-chart>: draws the table in it as bars. The table stays, for who does not see the bars.
import uPlot from 'uplot';
import { chartColours, onColourChange } from '../elements/chart-colours.js';

const HEIGHT = 220;

class BarChart extends HTMLElement {
  #connection = null;
  #chart = null;

  connectedCallback() {
    const rows = [...this.querySelectorAll('tr[data-count]')].map(({ dataset }) => ({
      from: Number(dataset.from),
      to: Number(dataset.to),
      count: Number(dataset.count),
    }));
    if (rows.length === 0 || this.#chart) return;
    const place = document.createElement('div');
    place.className = 'chart-place';
    place.setAttribute('role', 'img');
    place.setAttribute('aria-label', `${this.dataset.label}: the table below has the numbers.`);
    this.prepend(place);
    this.#chart = new uPlot(this.#options(place, rows), this.#data(rows), place);
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    const watcher = new ResizeObserver(() =>
      this.#chart.setSize({ width: place.clientWidth, height: HEIGHT }),
    );
    watcher.observe(place);
    signal.addEventListener('abort', () => watcher.disconnect());
    onColourChange(() => this.#chart.redraw(), signal);
  }

  disconnectedCallback() {
    this.#connection?.abort();
    this.#chart?.destroy();
    this.#chart = null;
    this.querySelector('.chart-place')?.remove();
  }

  #data(rows) {
    return [rows.map(({ from, to }) => (from + to) / 2), rows.map(({ count }) => count)];
  }

  #options(place, rows) {
    const colours = chartColours(place);
    const axis = {
      stroke: colours('ink'),
      grid: { stroke: colours('line'), width: 1 },
      ticks: { show: false },
      font: '12px Inter, sans-serif',
    };
    const width = (rows[0].to - rows[0].from + 1) / 2;
    return {
      width: place.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: () => [rows[0].from - width, rows.at(-1).to + width] },
        y: { range: (_chart, _least, most) => [0, Math.max(1, most * 1.05)] },
      },
      axes: [
        { ...axis, grid: { show: false } },
        { ...axis, size: 48 },
      ],
      series: [
        {},
        {
          stroke: colours('bar'),
          fill: colours('bar'),
          width: 0,
          points: { show: false },
          paths: uPlot.paths.bars({ size: [0.86, 100] }),
        },
      ],
    };
  }
}

customElements.define('bar-chart', BarChart);
