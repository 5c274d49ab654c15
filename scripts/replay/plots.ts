import { count } from './figures';
import { html, type Markup } from './markup';

/** Height of a plot and of the room for names below it, pixels; the width is that of the page, so places across are in per cent. */
const HEIGHT = 170;
const FOOT = 22;
/** Most names below a plot that do not run into each other on a phone. */
const MAX_NAMES = 4;

/** A bar's figure above the line, below it where it is negative, and the class that colours it. */
export interface Bar {
  kind: string;
  value: number;
}

/** What stands at one place of a plot: bars beside each other, and what they say in words. */
export interface Place {
  name: string;
  words: string;
  bars: readonly Bar[];
}

/**
 * A plot of bars. It needs no script and is as wide as there is room.
 *
 * @param label what it shows, for who does not see it
 */
export function barPlot(label: string, places: readonly Place[]): Markup {
  const values = places.flatMap(({ bars }) => bars.map(({ value }) => value));
  const bottom = -niceAbove(Math.max(0, ...values.map((value) => -value)));
  const top = niceAbove(Math.max(bottom === 0 ? 2 : 0, ...values));
  const scale = HEIGHT / (top - bottom);
  const y = (value: number) => (top - value) * scale;
  const slot = 100 / Math.max(1, places.length);
  const ticks = [...new Set([top, top / 2, 0, bottom / 2, bottom])];
  return html`<svg class="plot" role="img" aria-label="${label}" width="100%" height="${HEIGHT + FOOT}">
${ticks.map((tick) => html`<line class="grid" x1="0" x2="100%" y1="${px(y(tick))}" y2="${px(y(tick))}"/>`)}
${places.map(({ words, bars }, i) => {
  const width = (slot * 0.8) / bars.length;
  return html`<g><title>${words}</title><rect class="place" x="${pc(i * slot)}" width="${pc(slot)}" y="0" height="${HEIGHT}"/>${bars.map(
    ({ kind, value }, j) =>
      html`<rect class="${kind}" x="${pc((i + 0.1) * slot + j * width)}" width="${pc(width)}" y="${px(y(Math.max(0, value)))}" height="${px(Math.abs(value) * scale)}"/>`,
  )}</g>`;
})}
${ticks.filter((tick) => tick !== 0).map((tick) => html`<text class="tick" x="2" y="${px(y(tick) + (tick === top ? 12 : -4))}">${count(Math.abs(tick))}</text>`)}
${named(places).map(([name, i]) => html`<text class="name" x="${pc((i + 0.5) * slot)}" y="${HEIGHT + 16}" text-anchor="${anchor(i, places.length)}">${name}</text>`)}
</svg>`;
}

/** A bar in a table: how much a figure is of the greatest one. */
export function tableBar(kind: string, value: number, greatest: number): Markup {
  const part = greatest === 0 ? 0 : (value / greatest) * 100;
  return html`<svg class="bar" aria-hidden="true" width="100%" height="8"><rect class="${kind}" width="${pc(part)}" height="8" rx="2"/></svg>`;
}

/** Names of some places, evenly apart, with the first and the last. */
function named(places: readonly Place[]): [string, number][] {
  const last = places.length - 1;
  const shown = Math.min(places.length, MAX_NAMES);
  const indices = Array.from({ length: shown }, (_, i) => (shown === 1 ? 0 : Math.round((i * last) / (shown - 1))));
  return indices.map((i) => [(places[i] as Place).name, i]);
}

/** Names at the edges stay within the plot. */
function anchor(i: number, places: number): string {
  if (places < MAX_NAMES) return 'middle';
  return i === 0 ? 'start' : i === places - 1 ? 'end' : 'middle';
}

/** The least of 2, 4, 6, 8, 10, 20, 40 and so on that is not below a figure; 0 for 0. */
function niceAbove(value: number): number {
  if (value === 0) return 0;
  for (let power = 1; ; power *= 10) {
    for (const step of [2, 4, 6, 8, 10]) if (step * power >= value) return step * power;
  }
}

function px(value: number): string {
  return value.toFixed(1);
}

function pc(value: number): string {
  return `${value.toFixed(3)}%`;
}
