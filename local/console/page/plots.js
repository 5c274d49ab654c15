import uPlot from '/uplot.js';

/** Seconds that a plot shows. */
const SHOWN_SECONDS = 600;

const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'Asia/Tokyo' });

/** Steps between two marks of time, seconds. */
const TIME_STEPS = [10, 15, 30, 60, 120, 300];

/** A plot of figures over the last ten minutes; each series is a line, or with `bars` a row of bars, in a colour of the page. */
export class Plot {
  #element;
  #series;
  #bars;
  #plot;
  #points = [];

  /**
   * @param {HTMLElement} element
   * @param {{label: string, colour: string, value: (point: object) => number | null}[]} series colours are names of the page's custom properties
   * @param {boolean} bars
   */
  constructor(element, series, bars = false) {
    this.#element = element;
    this.#series = series;
    this.#bars = bars;
    this.#create();
    new ResizeObserver(() => this.#plot.setSize(this.#size())).observe(element);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#plot.destroy();
      this.#create();
    });
  }

  /** @param {{at: number}[]} points all that are known, oldest first, with their times in milliseconds */
  show(points) {
    this.#points = points;
    this.#plot.setData(this.#data());
    this.#element.setAttribute('aria-label', this.#inWords());
  }

  #create() {
    const colour = (name) => getComputedStyle(this.#element).getPropertyValue(name);
    const grid = { stroke: resolved(colour('--line')), width: 1 };
    const axis = { stroke: resolved(colour('--muted')), grid, ticks: { show: false }, font: '11px system-ui' };
    this.#element.setAttribute('role', 'img');
    this.#plot = new uPlot(
      {
        ...this.#size(),
        padding: [10, 26, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { size: 6 }, drag: { x: false } },
        scales: {
          x: {
            time: false,
            range: (_plot, _min, max) => [(max ?? 0) - Math.min(SHOWN_SECONDS, Math.max(60, this.#span())), max ?? 0],
          },
          y: { range: (_plot, _min, max) => [0, Math.max(1, (max ?? 0) * 1.1)] },
        },
        axes: [
          {
            ...axis,
            size: 24,
            space: 90,
            incrs: TIME_STEPS,
            values: (_plot, ticks) => ticks.map((at) => time.format(at * 1000)),
          },
          { ...axis, size: 46, space: 32, values: (_plot, ticks) => ticks.map((value) => value.toLocaleString('en')) },
        ],
        series: [
          {},
          ...this.#series.map(({ label, colour: name }) => ({
            label,
            stroke: resolved(colour(name)),
            width: 1.5,
            points: { show: false },
            fill:
              this.#bars || this.#series.length === 1 ? faded(resolved(colour(name)), this.#bars ? 80 : 14) : undefined,
            ...(this.#bars && { width: 0, paths: uPlot.paths.bars({ size: [0.8], align: -1 }) }),
          })),
        ],
      },
      this.#data(),
      this.#element,
    );
  }

  #size() {
    return { width: this.#element.clientWidth, height: this.#element.clientHeight };
  }

  #span() {
    const [first] = this.#points;
    return first === undefined ? 0 : (this.#points.at(-1).at - first.at) / 1000;
  }

  #data() {
    return [
      this.#points.map(({ at }) => at / 1000),
      ...this.#series.map(({ value }) => this.#points.map((point) => value(point))),
    ];
  }

  #inWords() {
    const last = this.#points.at(-1);
    return this.#series.map(({ label, value }) => `${label} ${(last && value(last)) ?? 'none'}`).join(', ');
  }
}

function faded(colour, percent) {
  return colour.replace(')', ` / ${percent}%)`);
}

/** A colour as `rgb(...)`: a canvas does not know `light-dark()`. */
function resolved(colour) {
  const probe = document.createElement('span');
  probe.style.color = colour;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color.replace(/, /g, ' ');
}
