import { stripVTControlCharacters } from 'node:util';
import { LatencyHistogram } from '../../../../local/console/latency';
import type { Totals, Update } from '../../../../local/console/monitor';
import { summaryOf } from '../../../../local/console/summary';
import { TerminalView } from '../../../../local/console/terminal';
import type { Report } from '../../../../local/report';
import { alertOf, NO_TOTALS, secondAt } from './fake-monitor';

const TOTALS: Totals = {
  ...NO_TOTALS,
  stored: 12_345,
  review: 300,
  block: 45,
  quarantined: 2,
  latencyMs: { p50: 12, p95: 40, p99: 81 },
};
const update = (totals: Partial<Totals> = {}, settled = 1_000, alerts = [alertOf()]): Update => ({
  second: secondAt(0, settled),
  totals: { ...TOTALS, ...totals },
  alerts,
  patterns: [],
});

function viewOn(isTTY: boolean) {
  const written: string[] = [];
  return {
    written,
    view: new TerminalView({ isTTY, write: (text: string) => written.push(text) }, 'file.ndjson at full speed'),
  };
}

test('without a terminal a line is written every five seconds', () => {
  const { written, view } = viewOn(false);
  view.update(update({ fraction: 0.429 }), 1_000);
  view.update(update(), 5_999);
  view.update(update({ failed: 3, latencyMs: null }, 990, []), 6_000);
  const alert =
    'latest block tx_1: 22 declines of 24 attempts in 60 min on device dev_1 (limit 20, from 80 % declined)';
  expect(written).toEqual([
    `streaming 42 %, 12,345 stored, 1,000/s, latency 12/40/81 ms, 300 review, 45 block, 2 quarantined, ${alert}\n`,
    `streaming, 12,345 stored, 990/s, latency -, 300 review, 45 block, 2 quarantined, 3 failed, ${alert}\n`,
  ]);
});

test('in a terminal the block is drawn in place of the last one', () => {
  const { written, view } = viewOn(true);
  view.update(update({ fraction: 0.5 }), 0);
  view.update(update({ failed: 3, failedAttempts: 2 }, 500, []), 1_000);
  expect(stripVTControlCharacters(written[0] as string)).toBe(
    [
      '',
      'file.ndjson at full speed   streaming 50 %',
      '  throughput    1,000/s  █',
      '  latency     p50 12 ms   p95 40 ms   p99 81 ms   put to stored',
      '  stored 12,345   quarantined 2',
      '  allow 12,000   review 300   block 45',
      '',
      '  12:00:01 block   90     ¥4,980  22 declines of 24 attempts in 60 min on device dev_1 (limit 20, from 80 % declined)',
      '',
    ].join('\n'),
  );
  expect(written[1]?.startsWith('\u001b[8A\r\u001b[J')).toBe(true);
  expect(stripVTControlCharacters(written[1] as string)).toContain('  throughput      500/s  █▄\n');
  expect(stripVTControlCharacters(written[1] as string)).toContain('   failed 3, failed attempts 2\n');
});

test('what is printed goes above the next block', () => {
  const { written, view } = viewOn(true);
  view.update(update(), 0);
  view.print(['note']);
  view.update(update(), 1_000);
  expect(written.slice(1, 3)).toEqual(['\u001b[8A\r\u001b[J', 'note\n']);
  expect(written[3]).not.toContain('\u001b[J');
});

test('the summary tells everything of the report', () => {
  const report: Report = {
    input: 'file.ndjson',
    complete: false,
    ruleSetVersion: 'jpy-1',
    read: 1_010,
    stored: 1_000,
    duplicates: 3,
    quarantined: { total: 2, byReason: { 'not-json': 1, 'missing:amount': 1 } },
    failedRecords: 1,
    unsettled: 1,
    refused: 2,
    oversizeLines: { total: 1, first: [{ line: 7, bytes: 2_000_000 }] },
    decisions: { allow: 990, review: 8, block: 2 },
    rules: { 'large-amount': 6, 'token-velocity': 4 },
    latencyMs: { p50: 12, p95: 40, p99: 81 },
    wallSeconds: 2.04,
    throughput: 494,
    patterns: [{ pattern: 'large-amount', injected: 2, detected: 1 }],
  };
  expect(summaryOf(report)).toEqual([
    'Summary (interrupted before the end of the input)',
    '  Read        1,010 from file.ndjson, rule set jpy-1',
    '  Stored      1,000',
    '  Duplicates  3',
    '  Quarantined 2',
    '    not-json        1',
    '    missing:amount  1',
    '  Refused     2 by the ingest',
    '  Failed      1',
    '  Unsettled   1',
    '  Too long    1',
    '    line 7: 2,000,000 bytes',
    '  Decisions   990 allow, 8 review, 2 block',
    '    large-amount    6',
    '    token-velocity  4',
    '  Injected patterns, detected of completed',
    '    large-amount    1 of 2',
    '  Latency     p50 12 ms, p95 40 ms, p99 81 ms, put to stored',
    '  Time        2.0 s, 494 records/s',
  ]);
});

test('latencies keep three significant digits, whole milliseconds up', () => {
  const histogram = new LatencyHistogram();
  expect(histogram.quantiles()).toBeUndefined();
  histogram.add(Array.from({ length: 100 }, (_, i) => i + 0.5));
  expect(histogram.quantiles()).toEqual({ p50: 50, p95: 95, p99: 99 });
  histogram.reset();
  histogram.add([0]);
  expect(histogram.quantiles()).toEqual({ p50: 1, p95: 1, p99: 1 });
});
