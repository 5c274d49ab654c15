import { AlertList, element } from '/alerts.js';
import { Plot } from '/plots.js';

/** Seconds of figures that are kept. */
const MAX_SECONDS = 600;
/** Alerts are rare: their bars count this long each, milliseconds. */
const BAR_MS = 10_000;
/** Below this rate the throughput is shown by the minute. */
const SLOW_PER_SECOND = 100;

const place = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString('en');

const alerts = new AlertList();
const plots = [
  new Plot(place('throughput-plot'), [
    { label: 'records stored a second', colour: '--accent', value: ({ settled }) => settled },
  ]),
  new Plot(place('latency-plot'), [
    { label: 'p50 ms', colour: '--allow', value: ({ latencyMs }) => latencyMs?.p50 ?? null },
    { label: 'p95 ms', colour: '--accent', value: ({ latencyMs }) => latencyMs?.p95 ?? null },
    { label: 'p99 ms', colour: '--review', value: ({ latencyMs }) => latencyMs?.p99 ?? null },
  ]),
];
// Blocks are drawn over reviews and blocks together, which makes the bars a stack.
const decisionsPlot = new Plot(
  place('decisions-plot'),
  [
    { label: 'reviews and blocks', colour: '--review', value: ({ reviews, blocks }) => reviews + blocks },
    { label: 'blocks', colour: '--block', value: ({ blocks }) => blocks },
  ],
  true,
);
let seconds = [];

function showTotals({ stored, review, block, quarantined, failed, latencyMs, phase, fraction }) {
  const rate = recentRate();
  const slow = rate < SLOW_PER_SECOND;
  place('throughput').textContent = number(Math.round(slow ? rate * 60 : rate));
  place('throughput-unit').textContent = slow ? '/min' : '/s';
  place('latency').textContent = latencyMs === null ? '-' : number(latencyMs.p95);
  place('stored').textContent = number(stored);
  place('allow').textContent = number(stored - review - block);
  place('review').textContent = number(review);
  place('block').textContent = number(block);
  place('quarantined').textContent = number(quarantined);
  place('failed').textContent = number(failed);
  place('failed-figure').classList.toggle('bad', failed > 0);
  showPhase(phase);
  place('progress').hidden = fraction === undefined || phase === 'done';
  if (fraction !== undefined) place('progress').value = fraction;
}

function showPhase(phase) {
  if (place('phase').dataset.phase === phase) return;
  place('phase').dataset.phase = phase;
  place('phase').textContent = phase === 'lost' ? 'connection lost' : phase;
}

/** Records a second over the last half a minute: single seconds jump. */
function recentRate() {
  const last = seconds.slice(-30);
  return last.reduce((sum, { settled }) => sum + settled, 0) / Math.max(1, last.length);
}

/** The alerts of each ten seconds, at the end of the ten. */
function decisionBars() {
  const bars = new Map();
  for (const { at, reviews, blocks } of seconds) {
    const end = Math.ceil(at / BAR_MS) * BAR_MS;
    const bar = bars.get(end) ?? { at: end, reviews: 0, blocks: 0 };
    bar.reviews += reviews;
    bar.blocks += blocks;
    bars.set(end, bar);
  }
  return [...bars.values()];
}

function showPatterns(patterns) {
  place('patterns-section').hidden = patterns.length === 0;
  place('patterns').replaceChildren(
    ...patterns.map(({ pattern, injected, detected }) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, pattern),
        element('td', {}, number(injected)),
        element('td', detected < injected ? { class: 'missed' } : {}, number(detected)),
      ),
    ),
  );
}

function show({ totals, patterns, alerts: fresh }) {
  showTotals(totals);
  showPatterns(patterns);
  alerts.add(fresh);
  for (const plot of plots) plot.show(seconds);
  decisionsPlot.show(decisionBars());
}

const events = new EventSource('/events');

events.addEventListener('snapshot', ({ data }) => {
  const snapshot = JSON.parse(data);
  place('source').textContent = snapshot.source;
  seconds = snapshot.seconds;
  alerts.clear();
  show(snapshot);
});

events.addEventListener('update', ({ data }) => {
  const update = JSON.parse(data);
  seconds = [...seconds, update.second].slice(-MAX_SECONDS);
  show(update);
});

events.addEventListener('error', () => {
  if (place('phase').dataset.phase === 'done') events.close();
  else showPhase('lost');
});
