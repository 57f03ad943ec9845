// <loss-chart data-chart='{"points": [[step, loss, held-out], ...], "steps": n, "best": step}'>:
// both losses by step. Further points are added as they come. A table says the same.
import uPlot from 'uplot';
import { chartColours, onColourChange } from '../elements/chart-colours.js';

const HEIGHT = 240;

class LossChart extends HTMLElement {
  #chart = null;
  #connection = null;
  #steps = 1;
  #best = null;
  #data = [[], [], []];
  #frame = 0;

  connectedCallback() {
    const { points, steps, best } = JSON.parse(this.dataset.chart);
    this.#steps = steps;
    this.#best = best;
    this.#data = [0, 1, 2].map((column) => points.map((point) => point[column]));
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    this.#chart = new uPlot(this.#options(), this.#data, this);
    const watcher = new ResizeObserver(() =>
      this.#chart.setSize({ width: this.clientWidth, height: HEIGHT }),
    );
    watcher.observe(this);
    signal.addEventListener('abort', () => {
      watcher.disconnect();
      cancelAnimationFrame(this.#frame);
    });
    onColourChange(() => this.#chart.redraw(), signal);
  }

  disconnectedCallback() {
    this.#connection.abort();
    this.#chart.destroy();
    this.replaceChildren();
  }

  // Adds what one line of the record says of the losses.
  add({ kind, step, loss, best }) {
    const [steps] = this.#data;
    const at = steps.length > 0 && steps.at(-1) === step ? steps.length - 1 : steps.length;
    // Steps come in order; another order is the server's to draw.
    if (at > 0 && steps[at - 1] > step) return;
    const column = kind === 'evaluation' ? 2 : 1;
    steps[at] = step;
    for (const other of [1, 2]) this.#data[other][at] ??= null;
    this.#data[column][at] = loss;
    if (best) this.#best = step;
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#chart.setData(this.#data));
  }

  #options() {
    const colours = chartColours(this);
    const axis = {
      stroke: colours('muted'),
      grid: { stroke: colours('line'), width: 1 },
      ticks: { show: false },
      font: '12px Inter, sans-serif',
    };
    return {
      width: this.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: () => [0, Math.max(this.#steps, this.#data[0].at(-1) ?? 1)] },
        y: { range: (_chart, _least, most) => [0, most > 0 ? most * 1.05 : 1] },
      },
      axes: [
        { ...axis, grid: { show: false } },
        { ...axis, size: 44 },
      ],
      series: [
        {},
        { stroke: colours('loss'), width: 1.5, points: { show: false }, spanGaps: true },
        {
          stroke: colours('held-out'),
          width: 2,
          dash: [6, 4],
          // A line needs two of them.
          points: { show: true, size: 5, stroke: colours('held-out'), fill: colours('held-out') },
          spanGaps: true,
        },
      ],
      hooks: { draw: [(chart) => this.#drawBest(chart, colours)] },
    };
  }

  #bestColour = null;

  #drawBest(chart, colours) {
    if (!this.#best) return;
    this.#bestColour ??= colours('best');
    const { ctx, bbox } = chart;
    const x = Math.round(chart.valToPos(this.#best, 'x', true));
    ctx.save();
    ctx.strokeStyle = this.#bestColour();
    ctx.fillStyle = this.#bestColour();
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.font = `${12 * devicePixelRatio}px Inter, sans-serif`;
    const isRight = x > bbox.left + bbox.width - 40 * devicePixelRatio;
    ctx.textAlign = isRight ? 'right' : 'left';
    ctx.textBaseline = 'top';
    ctx.fillText('best', x + (isRight ? -5 : 5) * devicePixelRatio, bbox.top);
    ctx.restore();
  }
}

customElements.define('loss-chart', LossChart);
