import fc from 'fast-check';
import { layouts, packRecord } from '../../../../processor/history/record';
import { ALLOWED_LATENESS_MS, compareTransactions, Timeline, WINDOW_MS } from '../../../../processor/history/timeline';
import type { Transaction } from '../../../../processor/types';
import { HOUR, MINUTE, T0, transaction } from '../../../helpers/transactions';

const at = (transactionId: string, occurredAt: number) => transaction({ transactionId, occurredAt });
const packed = (transactions: readonly Transaction[]) =>
  Buffer.concat(transactions.map((t) => packRecord('customer', layouts.customer.record(t))));
const timelineOf = (...transactions: Transaction[]) => Timeline.parse('customer', packed(transactions));
const ids = (records: readonly { transactionId: string }[]) => records.map(({ transactionId }) => transactionId);

test('of an unknown entity is empty', () => {
  const timeline = Timeline.parse('customer', Buffer.alloc(0));
  expect([timeline.appended, timeline.records, timeline.trim(), timeline.before(transaction())]).toEqual([
    0,
    [],
    undefined,
    [],
  ]);
});

test('holds distinct transactions in order, whatever the order and repetition of arrival', () => {
  const all = Array.from({ length: 8 }, (_, i) => at(`tx-${i % 4}${i}`, T0 + Math.floor(i / 3) * HOUR));
  const expected = ids([...all].sort(compareTransactions));
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: 8 }), fc.subarray(all), (order, again) => {
      const timeline = timelineOf(...order, ...again);
      expect(ids(timeline.records)).toEqual(expected);
      expect(timeline.appended).toBe(8);
    }),
  );
});

test('the window is open at 24 hours before and closed at the transaction, ties by id', () => {
  const x = at('m', T0);
  const timeline = timelineOf(
    at('edge', T0 - WINDOW_MS),
    at('first', T0 - WINDOW_MS + 1),
    at('tie-a', T0),
    at('a', T0),
    x,
    at('z', T0),
    at('next', T0 + 1),
    at('last', T0 + WINDOW_MS - 1),
    at('beyond', T0 + WINDOW_MS),
  );
  expect(ids(timeline.before(x))).toEqual(['first', 'a']);
  expect(ids(timeline.after(x))).toEqual(['tie-a', 'z', 'next', 'last']);
  expect(ids(timeline.before(at('unknown', T0 + HOUR)))).toEqual(['a', 'm', 'tie-a', 'z', 'next']);
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
      for (const x of all) {
        for (const y of all) {
          expect(ids(timeline.before(x)).includes(y.transactionId)).toBe(
            ids(timeline.after(y)).includes(x.transactionId),
          );
        }
      }
    }),
  );
});

test('late is what arrives more than an hour behind the newest, not what is old', () => {
  const timeline = timelineOf(
    at('a', T0 - 48 * HOUR),
    at('b', T0),
    at('on time', T0 - ALLOWED_LATENESS_MS),
    at('late', T0 - ALLOWED_LATENESS_MS - 1),
  );
  expect(['a', 'b', 'on time', 'late'].map((id) => timeline.isLate(at(id, 0)))).toEqual([false, false, false, true]);
});

describe('trimming', () => {
  const hourly = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => at(`tx-${from + i}`, T0 + (from + i) * HOUR));
  const trimmed = (timeline: Timeline<'customer'>) =>
    Timeline.parse('customer', timeline.trim()?.packed ?? Buffer.alloc(0));

  test('waits until half of a history is stale', () => {
    // Of the last 32 arrivals the oldest is 31 hours old; stale is what is 25 hours older than that.
    expect(timelineOf(...hourly(0, 111)).trim()).toBeUndefined();
    const { replaces } = timelineOf(...hourly(0, 112)).trim() as { replaces: Buffer };
    expect(replaces).toEqual(packed(hourly(0, 112)));
    const rest = trimmed(timelineOf(...hourly(0, 112)));
    expect(ids(rest.records)).toEqual(ids(hourly(56, 112)));
    expect(rest.appended).toBe(112);
  });

  test('is never moved by misdated records', () => {
    const misdated = Array.from({ length: 31 }, (_, i) => at(`future-${i}`, T0 + 1000 * HOUR + i));
    expect(timelineOf(...hourly(0, 40), ...misdated).trim()).toBeUndefined();
  });

  test('changes nothing for whoever is not late', () => {
    const whole = timelineOf(...hourly(0, 200));
    const rest = trimmed(whole);
    for (const x of [...hourly(168, 200), at('new', T0 + 168 * HOUR - ALLOWED_LATENESS_MS)]) {
      expect(rest.before(x)).toEqual(whole.before(x));
    }
  });

  test('is remembered: what is covered is known, and counts go on', () => {
    const first = timelineOf(...hourly(0, 200));
    const { packed: kept } = first.trim() as { packed: Buffer };
    // 200 - 32 - 25 = 143: what happened at 143 hours or before is gone.
    const rest = Timeline.parse('customer', Buffer.concat([kept, packed(hourly(200, 202))]));
    expect(rest.appended).toBe(202);
    expect(
      hourly(144, 202)
        .filter((x) => rest.covers(x))
        .map(({ transactionId }) => transactionId),
    ).toEqual(ids(hourly(167, 202)));
    expect(rest.covers(at('unknown', T0 + 190 * HOUR))).toBe(false);
  });

  test('twice: the count adds up and the covered part never grows back', () => {
    const once = timelineOf(...hourly(0, 200)).trim()?.packed as Buffer;
    const old = Array.from({ length: 3 }, (_, i) => at(`old-${i}`, T0 + i * MINUTE));
    const twice = Timeline.parse('customer', Buffer.concat([once, packed(old), packed(hourly(200, 300))]));
    const rest = Timeline.parse('customer', twice.trim()?.packed as Buffer);
    expect(rest.appended).toBe(303);
    expect(ids(rest.records)).toEqual(ids(hourly(244, 300)));
    expect(rest.covers(hourly(266, 267)[0] as Transaction)).toBe(false);
    expect(rest.covers(hourly(267, 268)[0] as Transaction)).toBe(true);
  });
});
