import fc from 'fast-check';
import { layouts, MARK, packRecord, refOf } from '../../../../processor/history/record';
import { expiryMs, Timeline, WINDOW_MS } from '../../../../processor/history/timeline';
import type { Transaction, TransactionRef } from '../../../../processor/types';
import { HOUR, MINUTE, T0, transaction } from '../../../helpers/transactions';

const at = (transactionId: string, occurredAt: number) => transaction({ transactionId, occurredAt });
const packed = (transactions: readonly Transaction[]) =>
  Buffer.concat(transactions.map((t) => packRecord('customer', layouts.customer.record(t))));
const timelineOf = (...transactions: Transaction[]) => Timeline.parse('customer', packed(transactions), HOUR);

/** Ids of transactions that histories name. */
function naming(all: readonly Transaction[]) {
  const ids = new Map(all.map((t) => [refOf(t).print, t.transactionId]));
  const asked: string[] = [];
  return {
    asked,
    idOf(ref: TransactionRef) {
      const id = ids.get(ref.print) as string;
      asked.push(id);
      return id;
    },
    ids: (refs: readonly TransactionRef[]) => refs.map(({ print }) => ids.get(print)),
  };
}

/** A trimmed history's mark, by what the format says. */
function mark(count: number, through: number): Buffer {
  const bytes = Buffer.alloc(11, MARK);
  bytes.writeUInt32LE(count, 1);
  bytes.writeUInt16LE(Math.floor((through + 1) / 2 ** 32), 5);
  bytes.writeUInt32LE((through + 1) % 2 ** 32, 7);
  return bytes;
}

test('of an unknown entity is empty', () => {
  const timeline = Timeline.parse('customer', Buffer.alloc(0));
  const never = () => {
    throw new Error('nobody is to be named');
  };
  expect([
    timeline.appended,
    timeline.trimmedThrough,
    timeline.before(refOf(transaction()), never),
    timeline.after(refOf(transaction()), never),
    timeline.has(refOf(transaction())),
    timeline.isLate(refOf(transaction())),
  ]).toEqual([0, Number.NEGATIVE_INFINITY, [], [], false, false]);
});

test('holds distinct transactions in order, whatever the order and repetition of arrival', () => {
  const all = Array.from({ length: 8 }, (_, i) => at(`tx-${(i * 5) % 8}`, T0 + Math.floor(i / 3) * HOUR));
  const sorted = [...all].sort((a, b) => a.occurredAt - b.occurredAt || (a.transactionId < b.transactionId ? -1 : 1));
  const { idOf, ids } = naming(all);
  const last = at('zz', T0 + 2 * HOUR);
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: 8 }), fc.subarray(all), (order, again) => {
      const timeline = timelineOf(...order, ...again);
      expect(ids(timeline.before(refOf(last), idOf))).toEqual(sorted.map(({ transactionId }) => transactionId));
      expect(timeline.appended).toBe(8);
      expect(all.every((t) => timeline.has(refOf(t)))).toBe(true);
    }),
  );
  expect(timelineOf(...all).has({ ...refOf(all[0] as Transaction), print: 1 })).toBe(false);
});

test('the window is open at 24 hours before and closed at the transaction, ties by id', () => {
  const x = at('m', T0);
  const all = [
    at('edge', T0 - WINDOW_MS),
    at('first', T0 - WINDOW_MS + 1),
    at('tie-a', T0),
    at('a', T0),
    x,
    at('z', T0),
    at('next', T0 + 1),
    at('last', T0 + WINDOW_MS - 1),
    at('beyond', T0 + WINDOW_MS),
  ];
  const timeline = timelineOf(...all);
  const { idOf, ids } = naming([...all, at('unknown', T0 + HOUR)]);
  expect(ids(timeline.before(refOf(x), idOf))).toEqual(['first', 'a']);
  expect(ids(timeline.after(refOf(x), idOf))).toEqual(['tie-a', 'z', 'next', 'last']);
  expect(ids(timeline.before(refOf(at('unknown', T0 + HOUR)), idOf))).toEqual(['a', 'm', 'tie-a', 'z', 'next']);
});

test('asks for ids only where transactions share their time', () => {
  const all = [at('a', T0), at('b', T0 + 1), at('d', T0 + 2), at('c', T0 + 2), at('e', T0 + 3)];
  const { idOf, asked } = naming(all);
  const timeline = timelineOf(...all);
  timeline.before(refOf(all[1] as Transaction), idOf);
  timeline.after(refOf(at('f', T0 + 3)), idOf);
  expect(asked).toEqual(['e']);
  timeline.before(refOf(all[4] as Transaction), idOf);
  expect(asked.slice(1).sort()).toEqual(['c', 'd']);
});

test('once the ids of one time are known, its order stays', () => {
  const all = [at('b', T0), at('c', T0), at('a', T0), at('z', T0 + 1)];
  const timeline = timelineOf(...all);
  const { idOf, asked, ids } = naming(all);
  const last = all[3] as Transaction;
  timeline.before(refOf(last), () => '');
  expect(ids(timeline.before(refOf(last), idOf))).toEqual(['a', 'b', 'c']);
  asked.length = 0;
  expect(ids(timeline.before(refOf(last), idOf))).toEqual(['a', 'b', 'c']);
  expect(asked).toEqual([]);
  expect(all.map((t) => timeline.has(refOf(t)))).toEqual([true, true, true, true]);
});

test('before and after are each other, for all pairs', () => {
  const times = fc.array(
    fc.integer({ min: 0, max: 60 }).map((h) => T0 + h * HOUR),
    { minLength: 2, maxLength: 12 },
  );
  fc.assert(
    fc.property(times, (hours) => {
      const all = hours.map((time, i) => at(`tx-${i}`, time));
      const timeline = timelineOf(...all);
      const { idOf, ids } = naming(all);
      for (const x of all) {
        for (const y of all) {
          expect(ids(timeline.before(refOf(x), idOf)).includes(y.transactionId)).toBe(
            ids(timeline.after(refOf(y), idOf)).includes(x.transactionId),
          );
        }
      }
    }),
  );
});

test('late is what first arrives further behind the newest than allowed, not what is old', () => {
  const all = [
    at('a', T0 - 48 * HOUR),
    at('b', T0),
    at('on time', T0 - HOUR),
    at('late', T0 - HOUR - 1),
    at('a', T0 - 48 * HOUR),
  ];
  const late = (timeline: Timeline<'customer'>) => all.slice(0, 4).map((t) => timeline.isLate(refOf(t)));
  expect(late(timelineOf(...all))).toEqual([false, false, false, true]);
  expect(late(Timeline.parse('customer', packed(all), HOUR + 1))).toEqual([false, false, false, false]);
  // Where the order says nothing about arrival.
  expect(late(Timeline.parse('customer', packed(all)))).toEqual([false, false, false, false]);
});

test('a trimmed history counts on, and knows how far it was trimmed', () => {
  const kept = [at('a', T0), at('b', T0 + HOUR)];
  for (const [count, through] of [
    [1, 0],
    [4_000_000_000, T0 - 1],
    [70_000, Date.UTC(9999, 11, 31)],
  ] as const) {
    const timeline = Timeline.parse('customer', Buffer.concat([mark(count, through), packed(kept)]));
    expect([timeline.appended, timeline.trimmedThrough]).toEqual([count + 2, through]);
    expect(kept.map((t) => timeline.has(refOf(t)))).toEqual([true, true]);
  }
});

test('what is missing is put where it belongs by time, and all else stays as it was', () => {
  const arrived = [at('c', T0 + 2 * HOUR), at('late', T0 + HOUR), at('e', T0 + 4 * HOUR)];
  const missing = [at('a', T0), at('b', T0 + 90 * MINUTE), at('d', T0 + 3 * HOUR), at('f', T0 + 5 * HOUR)];
  const records = missing.map((t) => layouts.customer.record(t));
  const [a, b, d, f] = missing as [Transaction, Transaction, Transaction, Transaction];
  const [c, late, e] = arrived as [Transaction, Transaction, Transaction];
  const whole = packed([a, b, c, late, d, e, f]);
  for (const front of [Buffer.alloc(0), mark(3, T0 - HOUR)]) {
    const was = Buffer.concat([front, packed(arrived)]);
    const { from, to } = Timeline.parse('customer', was).restored(records);
    expect(from).toEqual(was);
    expect(to).toEqual(Buffer.concat([front, whole]));
  }
  expect(Timeline.parse('customer', Buffer.alloc(0)).restored(records)).toEqual({
    from: Buffer.alloc(0),
    to: packed(missing),
  });
});

test('a history is kept for as long as anyone can need it, and five minutes more', () => {
  expect(expiryMs(HOUR)).toBe(25 * HOUR + 5 * MINUTE);
});
