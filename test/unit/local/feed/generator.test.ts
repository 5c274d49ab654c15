import { hash } from 'node:crypto';
import { PATTERNS } from '../../../../local/feed/generator/patterns';
import { generateTraffic } from '../../../../local/feed/generator/traffic';
import type { FeedRecord, Label } from '../../../../local/feed/records';
import { holdsCardNumber } from '../../../../processor/card-number';
import { decode } from '../../../../processor/decode';
import { rules } from '../../../../processor/rules';
import type { Transaction } from '../../../../processor/types';
import { decodeAll, judgeAll } from '../../../helpers/brute-force';

const START = Date.parse('2026-04-01T12:00:00+09:00');
const MINUTES = 10;

function traffic(seed: number, minutes: number, start = START): (FeedRecord & { time: number })[] {
  const records: (FeedRecord & { time: number })[] = [];
  for (const record of generateTraffic({ seed, start })) {
    if (record.time >= start + minutes * 60_000) return records;
    records.push(record);
  }
  throw new Error('traffic has no end');
}

const textOf = ({ data }: FeedRecord) => Buffer.from(data).toString();
const digestOf = (records: FeedRecord[]) => hash('sha256', records.map(textOf).join('\n'));

/** What the processor makes of the records, each decoded when it is put. */
const decoded = (records: (FeedRecord & { time: number })[]) =>
  decodeAll(records.map(({ data, time }) => ({ data, now: time })));

const records = traffic(1, MINUTES);
const { transactions, refused, copies } = decoded(records);
const labels = new Map(records.flatMap(({ label }) => (label === undefined ? [] : [[label.transactionId, label]])));

test('the same seed and start give the same records, others do not', () => {
  const minute = digestOf(traffic(7, 1));
  expect(digestOf(traffic(7, 1))).toBe(minute);
  expect(digestOf(traffic(8, 1))).not.toBe(minute);
  expect(digestOf(traffic(7, 1, START + 1))).not.toBe(minute);
});

test('ten minutes of seed 1 hold what they always held', () => {
  expect({ records: records.length, transactions: transactions.length, copies, refused }).toEqual({
    records: 10_091,
    transactions: 10_042,
    copies: 17,
    refused: {
      'not-json': 5,
      'missing:amount': 5,
      'malformed:amount': 5,
      'malformed:currency': 5,
      'malformed:occurredAt': 4,
      'future:occurredAt': 4,
      'card-number:memo': 4,
    },
  });
});

test('records come in the order they are to be put, copies and some others behind their event time', () => {
  expect(records.every(({ time }, i) => i === 0 || time >= (records[i - 1] as { time: number }).time)).toBe(true);
  const late = records.filter(({ data, time }) => {
    const result = decode(data, time);
    return 'transaction' in result && time - result.transaction.occurredAt > 1_000;
  });
  expect(late).toHaveLength(17 + 39);
});

test('every record is keyed by its customer, and only broken ones are refused', () => {
  for (const record of records) {
    const text = textOf(record);
    if (text.includes('"bad_')) continue;
    const { transaction } = decode(record.data, record.time) as { transaction: Transaction };
    expect(transaction.customerId).toBe(record.partitionKey);
    expect(Object.values(JSON.parse(text)).some((value) => typeof value === 'string' && holdsCardNumber(value))).toBe(
      false,
    );
  }
});

/** Rules that traffic alone makes fire: lists are what operators make of them. */
const seenInTraffic = rules.map(({ name }) => name).filter((name) => !name.endsWith('-list'));

test('every pattern is completed every three minutes, and its rule sees it', () => {
  const verdicts = judgeAll(transactions);
  const tally: Record<string, [completed: number, detected: number]> = {};
  for (const { transactionId, pattern, completes } of labels.values() as Iterable<Label>) {
    if (!completes) continue;
    const counts = tally[pattern] ?? [0, 0];
    tally[pattern] = counts;
    counts[0]++;
    if (verdicts.get(transactionId)?.reasons.some(({ rule }) => rule === pattern)) counts[1]++;
  }
  expect(Object.keys(tally).sort()).toEqual(seenInTraffic.toSorted());
  expect(Object.keys(PATTERNS).sort()).toEqual(seenInTraffic.toSorted());
  for (const [pattern, [completed, detected]] of Object.entries(tally)) {
    expect({ pattern, completed: [2, 3, 4].includes(completed), detected }).toEqual({
      pattern,
      completed: true,
      detected: completed,
    });
  }
});

test('no ordinary customer raises an alert in ten minutes', () => {
  const verdicts = judgeAll(transactions);
  const ordinary = [...verdicts].filter(([id, { reasons }]) => reasons.length > 0 && !labels.has(id));
  expect(ordinary).toEqual([]);
});

test('night sells games and marketplaces, noon meals', () => {
  const share = (start: string, category: string) => {
    const made = decoded(traffic(1, 1, Date.parse(start))).transactions;
    return made.filter(({ merchantCategory }) => merchantCategory === category).length / made.length;
  };
  expect(share('2026-04-01T03:00:00+09:00', 'games')).toBeGreaterThan(2 * share('2026-04-01T12:00:00+09:00', 'games'));
  expect(share('2026-04-01T12:00:00+09:00', 'restaurant')).toBeGreaterThan(
    3 * share('2026-04-01T03:00:00+09:00', 'restaurant'),
  );
});
