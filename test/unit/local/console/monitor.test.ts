import { EventEmitter } from 'node:events';
import { type FeedProgress, Monitor, type Update } from '../../../../local/console/monitor';
import type { Poller } from '../../../../local/platform';
import type { BatchReport } from '../../../../local/runtime/reports';

const T = Date.UTC(2026, 3, 1);

class FakePoller extends EventEmitter {
  settledRecords = 0;
  failedRecords = 0;

  settle(latenciesMs: number[], outcome: BatchReport['outcome'] = 'stored'): void {
    this.settledRecords += latenciesMs.length;
    this.emit('batch', { latenciesMs, outcome });
  }
}

const verdict = (transactionId: string, decision: string, judgedAt = T) => ({
  transactionId,
  occurredAt: new Date(T),
  judgedAt: new Date(judgedAt),
  position: '1',
  triggeredBy: transactionId,
  decision,
  score: 40,
  reasons: [{ rule: 'large-amount', weight: 40, observed: 2, limit: 1, currency: 'JPY' }],
  amount: '2',
  currency: 'JPY',
  outcome: 'approved',
  customerId: 'cus_1',
  paymentToken: 'tok_1',
  deviceId: null,
  ipAddress: null,
});

/** Answers the monitor's three queries from what a test puts into it. */
class FakeDatabase {
  alerts: object[] = [];
  counts = { stored: '0', quarantined: '0', review: '0', block: '0', allowedWithReasons: '0' };
  counted = 0;
  /** How long counting takes, milliseconds. */
  countingMs = 0;

  query = async (sql: string) => {
    if (sql.includes('JOIN tap.transactions')) return { rows: this.alerts };
    if (sql.includes('tap.current_verdicts')) return { rows: [{ id: 'tx_1', rules: ['large-amount'] }] };
    this.counted++;
    if (this.countingMs > 0) await new Promise((resolve) => setTimeout(resolve, this.countingMs));
    return { rows: [this.counts] };
  };
}

let poller: FakePoller;
let database: FakeDatabase;
let monitor: Monitor;
let updates: Update[];
let progress: FeedProgress;

beforeEach(() => {
  jest.useFakeTimers({ now: T });
  poller = new FakePoller();
  database = new FakeDatabase();
  progress = { phase: 'streaming', read: 7, put: 6, fraction: 0.5 };
  monitor = new Monitor({ poller: poller as unknown as Poller, database: database as never, progress: () => progress });
  updates = [];
  monitor.on('update', (update) => updates.push(update));
  monitor.start();
});
afterEach(() => jest.useRealTimers());

const seconds = (count: number) => jest.advanceTimersByTimeAsync(count * 1_000);

test('every second tells what was settled, how fast, and everything so far', async () => {
  poller.settle([10, 20, 30]);
  await seconds(1);
  database.counts = { stored: '2', quarantined: '1', review: '1', block: '1', allowedWithReasons: '0' };
  database.alerts = [verdict('tx_1', 'review'), verdict('tx_2', 'block')];
  monitor.patterns.add({ transactionId: 'tx_1', pattern: 'large-amount', completes: true });
  poller.settle([40], 'partial');
  poller.settle([], 'error');
  poller.failedRecords = 1;
  await seconds(1);

  expect(updates.map(({ second }) => second)).toEqual([
    { at: T + 1_000, settled: 3, latencyMs: { p50: 20, p95: 30, p99: 30 }, reviews: 0, blocks: 0 },
    { at: T + 2_000, settled: 1, latencyMs: { p50: 40, p95: 40, p99: 40 }, reviews: 1, blocks: 1 },
  ]);
  expect(updates[1]).toMatchObject({
    totals: {
      phase: 'streaming',
      read: 7,
      put: 6,
      fraction: 0.5,
      settled: 4,
      failed: 1,
      failedAttempts: 1,
      latencyMs: { p50: 20, p95: 40, p99: 40 },
      stored: 2,
      quarantined: 1,
      review: 1,
      block: 1,
      allowedWithReasons: 0,
    },
    patterns: [{ pattern: 'large-amount', injected: 1, detected: 1 }],
  });
  expect(updates[1]?.alerts.map(({ transactionId, pattern }) => [transactionId, pattern])).toEqual([
    ['tx_1', 'large-amount'],
    ['tx_2', undefined],
  ]);
  await seconds(1);
  expect(updates[2]?.alerts).toEqual([]);
  expect(updates[2]?.second.latencyMs).toBeNull();
});

test('one who joins gets ten minutes and the last hundred alerts', async () => {
  database.alerts = Array.from({ length: 150 }, (_, i) => verdict(`tx_${i}`, 'review'));
  await seconds(605);
  const { seconds: known, alerts, totals } = monitor.snapshot();
  expect(known).toHaveLength(600);
  expect(known[0]?.at).toBe(T + 6_000);
  expect(alerts.map(({ transactionId }) => transactionId)).toEqual(Array.from({ length: 100 }, (_, i) => `tx_${i}`));
  expect(updates[0]?.second.reviews).toBe(150);
  expect(totals.settled).toBe(0);
});

test('counting takes at most a twentieth of the time', async () => {
  await seconds(3);
  expect(database.counted).toBe(3);
  database.countingMs = 500;
  await seconds(2);
  expect(database.counted).toBe(4);
  await seconds(9);
  expect(database.counted).toBe(4);
  await seconds(2);
  expect(database.counted).toBe(5);
});

test('a database that does not answer is told, and looked at again', async () => {
  const errors: string[] = [];
  monitor.on('error', ({ message }) => errors.push(message));
  const { query } = database;
  database.query = async () => {
    throw new Error('gone');
  };
  await seconds(2);
  expect(errors).toEqual(['gone', 'gone']);
  database.query = query;
  await seconds(1);
  expect(updates).toHaveLength(1);
});

test('stopping takes one last look and then none', async () => {
  await seconds(1);
  poller.settle([10]);
  progress = { phase: 'done', read: 7, put: 7 };
  await monitor.stop();
  expect(updates).toHaveLength(2);
  expect(updates[1]).toMatchObject({ second: { settled: 1 }, totals: { phase: 'done', settled: 1 } });
  await seconds(5);
  expect(updates).toHaveLength(2);
  expect(poller.listenerCount('batch')).toBe(0);
});
