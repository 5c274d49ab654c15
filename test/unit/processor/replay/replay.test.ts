import { Lists } from '../../../../processor/policy/lists';
import { Replay } from '../../../../processor/replay/replay';
import { alertsOf, type Disposition, merge, quality, type Report } from '../../../../processor/replay/report';
import type { Transaction } from '../../../../processor/types';
import { HOUR, MINUTE, SECOND, T0, transaction } from '../../../helpers/transactions';
import { ruleSetOf } from './rule-sets';

// Three on a token in half an hour, or more than 500,000 yen; then two on a token, or more than 700,000 yen, which block.
const baseline = ruleSetOf('old', {
  'token-velocity': { count: 2 },
  'large-amount': { amounts: { JPY: 500_000 } },
});
const candidate = ruleSetOf('new', {
  'token-velocity': { count: 1 },
  'large-amount': { amounts: { JPY: 700_000 }, weight: 95 },
});

type Given = Partial<Transaction> & { disposition?: Disposition };

// 24:00 in Japan is 15:00 in UTC, and T0 is 9:00 in Japan.
const TRAFFIC: Given[] = [
  { transactionId: 'lead', occurredAt: T0 - 10 * MINUTE, paymentToken: 'a', amount: 900_000 },
  { transactionId: 'a1', occurredAt: T0, paymentToken: 'a', amount: 100, disposition: 'false-positive' },
  { transactionId: 'a2', occurredAt: T0 + MINUTE, paymentToken: 'a', amount: 200, disposition: 'confirmed-fraud' },
  { transactionId: 'b1', occurredAt: T0 + HOUR, paymentToken: 'b', amount: 600_000, disposition: 'confirmed-fraud' },
  { transactionId: 'b2', occurredAt: T0 + 15 * HOUR - 1, paymentToken: 'b', amount: 800_000, disposition: 'unclear' },
  { transactionId: 'c1', occurredAt: T0 + 15 * HOUR, paymentToken: 'c', amount: 600_000, currency: 'USD' },
  { transactionId: 'c2', occurredAt: T0 + 15 * HOUR + SECOND, paymentToken: 'c', amount: 1e12, currency: 'USD' },
  {
    transactionId: 'c3',
    occurredAt: T0 + 15 * HOUR + SECOND,
    paymentToken: 'd',
    amount: 1,
    disposition: 'confirmed-fraud',
  },
];
const END = T0 + 24 * HOUR;

function replay(traffic: Given[], from: number, to: number, options: { examples?: number; knownSince?: number } = {}) {
  const run = new Replay({ baseline, candidate, lists: Lists.EMPTY, from, examples: 10, ...options });
  for (const { disposition, ...changes } of traffic) {
    const given = transaction(changes);
    if (given.occurredAt < to) run.take(given, disposition);
  }
  return run.report(from, to);
}

const ids = (report: Report) =>
  Object.fromEntries(
    Object.entries(report.examples).map(([kind, all]) => [kind, all.map(({ transactionId }) => transactionId).sort()]),
  );

describe('the report of a replay', () => {
  const report = replay(TRAFFIC, T0, END);

  test('counts what the span holds, by hand', () => {
    const { examples: _, ...figures } = report;
    expect(figures).toEqual({
      baseline: 'old',
      candidate: 'new',
      from: '2026-04-01T00:00:00.000Z',
      to: '2026-04-02T00:00:00.000Z',
      transactions: 7,
      // The first one known is the lead, ten minutes before the span.
      partial: 7,
      decisions: {
        allow: { allow: 2, review: 2, block: 0 },
        review: { allow: 1, review: 1, block: 1 },
        block: { allow: 0, review: 0, block: 0 },
      },
      rules: {
        'token-velocity': { baseline: 1, candidate: 3, gained: 2, lost: 0 },
        'large-amount': { baseline: 2, candidate: 1, gained: 0, lost: 1 },
      },
      days: {
        '2026-04-01': { transactions: 4, baseline: 3, candidate: 3, gained: 1, lost: 1 },
        '2026-04-02': { transactions: 3, baseline: 0, candidate: 1, gained: 1, lost: 0 },
      },
      amounts: {
        JPY: { baseline: '1400200', candidate: '800300', gained: '100', lost: '600000' },
        USD: { baseline: '0', candidate: '1000000000000', gained: '1000000000000', lost: '0' },
      },
      dispositions: {
        'confirmed-fraud': { total: 3, baseline: 2, candidate: 1 },
        'false-positive': { total: 1, baseline: 0, candidate: 1 },
        unclear: { total: 1, baseline: 1, candidate: 1 },
      },
    });
    expect([alertsOf(report, 'baseline'), alertsOf(report, 'candidate')]).toEqual([3, 4]);
  });

  test('shows examples with both verdicts', () => {
    expect(ids(report)).toEqual({ gained: ['a1', 'c2'], lost: ['b1'], changed: ['b2'] });
    expect(report.examples.lost).toEqual([
      {
        transactionId: 'b1',
        occurredAt: '2026-04-01T01:00:00.000Z',
        amount: 600_000,
        currency: 'JPY',
        customerId: 'customer-1',
        paymentToken: 'b',
        deviceId: null,
        ipAddress: null,
        baseline: {
          decision: 'review',
          score: 40,
          reasons: [{ rule: 'large-amount', weight: 40, observed: 600_000, limit: 500_000, currency: 'JPY' }],
        },
        candidate: { decision: 'allow', score: 0, reasons: [] },
      },
    ]);
  });

  test('has precision and recall with the counts they rest on, and none of nothing', () => {
    expect(quality(report, 'baseline')).toEqual({
      precision: { part: 2, whole: 2, share: 1 },
      recall: { part: 2, whole: 3, share: 2 / 3 },
    });
    expect(quality(report, 'candidate')).toEqual({
      precision: { part: 1, whole: 2, share: 0.5 },
      recall: { part: 1, whole: 3, share: 1 / 3 },
    });
    expect(quality(replay([], T0, END), 'candidate')).toEqual({
      precision: { part: 0, whole: 0, share: null },
      recall: { part: 0, whole: 0, share: null },
    });
  });

  test('says how many were judged on less than 24 hours', () => {
    expect(replay(TRAFFIC, T0, END, { knownSince: T0 - 24 * HOUR }).partial).toBe(0);
    expect(replay(TRAFFIC, T0, END, { knownSince: T0 - 9 * HOUR - 1 }).partial).toBe(3);
    expect(replay(TRAFFIC, T0, END, { knownSince: T0 - 9 * HOUR }).partial).toBe(4);
  });

  test('is the same from parts of the span, each with the 24 hours before it', () => {
    for (const cut of [T0, T0 + 1, T0 + HOUR, T0 + 15 * HOUR, T0 + 15 * HOUR + SECOND, END]) {
      for (const examples of [10, 1, 0]) {
        const options = { examples, knownSince: T0 - 50 * HOUR };
        const parts = merge(replay(TRAFFIC, T0, cut, options), replay(TRAFFIC, cut, END, options), examples);
        expect(parts).toEqual(replay(TRAFFIC, T0, END, options));
      }
    }
  });
});

test('keeps the same examples however many there are', () => {
  const many = Array.from({ length: 200 }, (_, i) => ({
    transactionId: `tx-${String(i).padStart(3, '0')}`,
    occurredAt: T0 + i,
    paymentToken: `t${i}`,
    amount: 600_000,
  }));
  const some = ids(replay(many, T0, END, { examples: 5 })).lost;
  expect(some).toHaveLength(5);
  expect(some).not.toEqual(many.slice(0, 5).map(({ transactionId }) => transactionId));
  expect(ids(replay(many, T0, END, { examples: 100 })).lost).toEqual(expect.arrayContaining(some as string[]));
});

test('applies lists as it was given them', () => {
  const lists = Lists.EMPTY.after([
    { id: 3, list: 'block', kind: 'token', value: 'a', change: 'add', reason: 'stolen', expiresAt: T0 + MINUTE },
  ]);
  const listed = ruleSetOf('listed', { 'block-list': {} });
  const run = new Replay({ baseline, candidate: listed, lists, from: T0, examples: 10 });
  for (const { disposition: _, ...changes } of TRAFFIC.slice(1)) run.take(transaction(changes));
  expect(run.report(T0, END).rules['block-list']).toEqual({ baseline: 0, candidate: 1, gained: 1, lost: 0 });
});

test('refuses transactions out of order', () => {
  const run = new Replay({ baseline, candidate, lists: Lists.EMPTY, from: T0, examples: 10 });
  run.take(transaction({ transactionId: 'b', occurredAt: T0 }));
  expect(run.reached).toBe(T0);
  const message = (transactionId: string) =>
    `transactions must come in order of event time and id, each once; ${transactionId} does not`;
  expect(() => run.take(transaction({ transactionId: 'b', occurredAt: T0 }))).toThrow(message('b'));
  expect(() => run.take(transaction({ transactionId: 'a', occurredAt: T0 }))).toThrow(message('a'));
  expect(() => run.take(transaction({ transactionId: 'c', occurredAt: T0 - 1 }))).toThrow(message('c'));
  run.take(transaction({ transactionId: 'c', occurredAt: T0 }));
});

test('refuses to merge what does not belong together', () => {
  const report = replay(TRAFFIC, T0, END);
  expect(() => merge(report, report, 10)).toThrow(
    'a report up to 2026-04-02T00:00:00.000Z cannot go on with one from 2026-04-01T00:00:00.000Z',
  );
  expect(() => merge(report, { ...report, from: report.to, baseline: 'other' }, 10)).toThrow(
    'the baseline was old and is now other; name the version of both rule sets',
  );
});
