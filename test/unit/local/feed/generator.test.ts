import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PATTERNS } from '../../../../local/feed/generator/patterns';
import { generateTraffic } from '../../../../local/feed/generator/traffic';
import type { FeedRecord, Label } from '../../../../local/feed/records';
import { holdsCardNumber } from '../../../../processor/card-number';
import { decode } from '../../../../processor/decode';
import { fingerprint } from '../../../../processor/fingerprint';
import { judge, rules } from '../../../../processor/rules';
import { parseRuleSet } from '../../../../processor/rules/rule-set';
import type { Histories, Transaction, Verdict } from '../../../../processor/types';

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

/** The distinct transactions of the records by event time, and what became of the other records. */
function decoded(records: (FeedRecord & { time: number })[]) {
  const transactions = new Map<string, Transaction>();
  const refused: Record<string, number> = {};
  let copies = 0;
  for (const { data, time } of records) {
    const result = decode(data, time);
    if ('reason' in result) refused[result.reason] = (refused[result.reason] ?? 0) + 1;
    else if (transactions.has(result.transaction.transactionId)) copies++;
    else transactions.set(result.transaction.transactionId, result.transaction);
  }
  const byTime = (a: Transaction, b: Transaction) =>
    a.occurredAt - b.occurredAt || (a.transactionId < b.transactionId ? -1 : 1);
  return { transactions: [...transactions.values()].sort(byTime), refused, copies };
}

/** Judges the transactions, in order of time, on histories kept in plain lists; the run is shorter than any window. */
function judged(transactions: Transaction[]): Map<string, Verdict> {
  const ruleSet = parseRuleSet(readFileSync('processor/rules/rule-set.json', 'utf8'));
  const lists = new Map<string, unknown[]>();
  const listOf = (kind: string, id?: string) => {
    if (id === undefined) return [];
    const list = lists.get(`${kind} ${id}`) ?? [];
    lists.set(`${kind} ${id}`, list);
    return list;
  };
  return new Map(
    transactions.map((t) => {
      const histories = {
        customer: listOf('customer', t.customerId),
        token: listOf('token', t.paymentToken),
        device: listOf('device', t.deviceId),
        address: listOf('address', t.ipAddress),
      };
      const verdict = judge(t, histories as unknown as Histories, ruleSet);
      const { transactionId, occurredAt, amount, currency, location } = t;
      for (const list of Object.values(histories)) {
        list.push({
          transactionId,
          occurredAt,
          amount,
          currency,
          declined: t.outcome === 'declined',
          merchant: fingerprint(t.merchantId),
          order: fingerprint(t.orderId as string),
          latitude: location?.latitude ?? Number.NaN,
          longitude: location?.longitude ?? Number.NaN,
          customer: fingerprint(t.customerId),
          token: fingerprint(t.paymentToken),
        });
      }
      return [t.transactionId, verdict];
    }),
  );
}

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

test('every pattern is completed every three minutes, and its rule sees it', () => {
  const verdicts = judged(transactions);
  const tally: Record<string, [completed: number, detected: number]> = {};
  for (const { transactionId, pattern, completes } of labels.values() as Iterable<Label>) {
    if (!completes) continue;
    const counts = tally[pattern] ?? [0, 0];
    tally[pattern] = counts;
    counts[0]++;
    if (verdicts.get(transactionId)?.reasons.some(({ rule }) => rule === pattern)) counts[1]++;
  }
  expect(Object.keys(tally).sort()).toEqual(rules.map(({ name }) => name).sort());
  expect(Object.keys(PATTERNS).sort()).toEqual(rules.map(({ name }) => name).sort());
  for (const [pattern, [completed, detected]] of Object.entries(tally)) {
    expect({ pattern, completed: [2, 3, 4].includes(completed), detected }).toEqual({
      pattern,
      completed: true,
      detected: completed,
    });
  }
});

test('no ordinary customer raises an alert in ten minutes', () => {
  const verdicts = judged(transactions);
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
