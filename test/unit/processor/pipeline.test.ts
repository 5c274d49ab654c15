import { refOf, unpackRecords } from '../../../processor/history/record';
import { processBatch, type StreamRecord } from '../../../processor/pipeline';
import type { Transaction } from '../../../processor/types';
import { MemoryCache, MemoryHistory, MemoryStore } from '../../helpers/memory-stores';
import { bruteForce } from '../../helpers/oracle';
import { judges, PLAIN_POLICY } from '../../helpers/scenarios';
import { asRecord, bytes, HOUR, T0, transaction } from '../../helpers/transactions';

/** The positions of the first generation begin here. */
const FIRST = 2 ** 40;

let eventNumber = 0;
const event = (t: Transaction): StreamRecord => ({ eventId: `shard:${eventNumber++}`, data: bytes(asRecord(t)) });

function world(policy = PLAIN_POLICY) {
  const store = new MemoryStore(async () => {});
  const cache = new MemoryCache();
  const history = new MemoryHistory(cache, store, async () => {});
  const dependencies = { store, history, policy, judge: judges.ids, now: () => T0 + 1000 * HOUR };
  const process = (records: readonly StreamRecord[]) => processBatch(records, dependencies);
  return { store, cache, process };
}

const hours = (id: string, hour: number, changes: Partial<Transaction> = {}) =>
  transaction({ transactionId: id, occurredAt: T0 + hour * HOUR, ...changes });

const COUNTS = {
  received: 0,
  stored: 0,
  duplicates: 0,
  quarantined: 0,
  allowed: 0,
  reviewed: 0,
  blocked: 0,
  revised: 0,
  late: 0,
  incomplete: 0,
  shadowed: 0,
};

test('a batch in order is stored and judged, each on what came before it', async () => {
  const { store, process } = world();
  const all = [hours('a', 0), hours('b', 1), hours('c', 26)];
  expect(await process(all.map(event))).toEqual({ ...COUNTS, received: 3, stored: 3, reviewed: 3 });
  expect(store.verdicts()).toEqual(bruteForce(all, judges.ids));
  expect(
    [...store.judgements.values()].map(({ position, triggeredBy, late, ruleSetVersion }) => [
      position,
      triggeredBy,
      late,
      ruleSetVersion,
    ]),
  ).toEqual([
    [FIRST + 6, 'a', false, 'v1'],
    [FIRST + 6, 'b', false, 'v1'],
    [FIRST + 6, 'c', false, 'v1'],
  ]);
});

test('who arrives behind others has them judged again', async () => {
  const { store, process } = world();
  const all = [hours('a', 5), hours('b', 6, { customerId: 'customer-2' }), hours('c', 40), hours('d', 4)];
  await process([event(all[0] as Transaction), event(all[1] as Transaction), event(all[2] as Transaction)]);
  expect(await process([event(all[3] as Transaction)])).toEqual({
    ...COUNTS,
    received: 1,
    stored: 1,
    reviewed: 1,
    revised: 2,
    late: 1,
  });
  expect(store.verdicts()).toEqual(bruteForce(all, judges.ids));
  const revisions = [...store.judgements.values()].filter((j) => j.triggeredBy !== j.transaction.transactionId);
  expect(revisions.map((j) => [j.transaction.transactionId, j.triggeredBy, j.position])).toEqual([
    ['a', 'd', FIRST + 7],
    ['b', 'd', FIRST + 5],
  ]);
});

test('a batch delivered again changes nothing and touches no history', async () => {
  const { store, cache, process } = world();
  const batch = [hours('a', 0), hours('b', 1), hours('a', 0)].map(event);
  expect(await process(batch)).toEqual({ ...COUNTS, received: 3, stored: 2, duplicates: 1, reviewed: 2 });
  const before = [new Map(store.judgements), new Map(cache.histories)];
  expect(await process(batch)).toEqual({ ...COUNTS, received: 3, duplicates: 3 });
  expect([store.judgements, cache.histories]).toEqual(before);
});

test('what was stored and not judged is judged when it is delivered again, and told apart from what is new', async () => {
  const { store, process } = world();
  const record = jest.spyOn(store, 'record').mockRejectedValueOnce(new Error('died'));
  await expect(process([event(hours('a', 0))])).rejects.toThrow('died');
  const [a, b] = [hours('a', 0), hours('b', 1)];
  expect(await process([a, b].map(event))).toEqual({ ...COUNTS, received: 2, stored: 1, duplicates: 1, reviewed: 2 });
  expect(record.mock.calls.map(([judgements, , , repeated]) => [judgements.length, repeated])).toEqual([
    [1, new Set()],
    [2, new Set(['a'])],
  ]);
  expect(store.verdicts()).toEqual(bruteForce([a, b], judges.ids));
});

test('one bad record and one conflict do not stop a batch', async () => {
  const { store, cache, process } = world();
  const bad = { eventId: 'shard:bad', data: bytes('{') };
  const batch = [event(hours('a', 0)), bad, event(hours('a', 0, { amount: 1 })), event(hours('b', 0))];
  expect(await process(batch)).toEqual({ ...COUNTS, received: 4, stored: 2, quarantined: 2, reviewed: 2 });
  expect([...store.quarantine.keys()]).toEqual(['shard:bad']);
  expect(
    unpackRecords('customer', cache.histories.get('history:2:customer:customer-1') as Buffer, 0).records.map(
      ({ occurredAt, print, amount }) => [occurredAt, print, amount],
    ),
  ).toEqual([
    [T0, refOf(hours('a', 0)).print, 4980],
    [T0, refOf(hours('b', 0)).print, 4980],
  ]);
});

test('an empty or entirely refused batch reads no history', async () => {
  const { process, cache } = world();
  expect(await process([])).toEqual(COUNTS);
  expect(await process([{ eventId: 'shard:bad', data: bytes('{') }])).toEqual({
    ...COUNTS,
    received: 1,
    quarantined: 1,
  });
  expect(cache.histories.size).toBe(0);
});

test('after a loss verdicts say how much of the 24 hours they rest on', async () => {
  const { store, cache, process } = world();
  await process([event(hours('a', 0))]);
  cache.empty();
  expect(await process([event(hours('b', 5))])).toEqual({
    ...COUNTS,
    received: 1,
    stored: 1,
    reviewed: 1,
    incomplete: 1,
  });
  await process([event(hours('c', 12)), event(hours('d', 30))]);
  // What had been stored by the time the loss was noticed ends with b.
  const coverage = [...store.current()].map(([id, { coverageSeconds }]) => [id, coverageSeconds / 3600]);
  expect(Object.fromEntries(coverage)).toEqual({ a: 24, b: 0, c: 7, d: 24 });
});

test('while histories are not whole, nobody is judged again on less', async () => {
  const { store, cache, process } = world();
  await process([event(hours('a', 1)), event(hours('b', 5))]);
  cache.empty();
  await process([event(hours('c', 8))]);
  expect(await process([event(hours('d', 7))])).toEqual({
    ...COUNTS,
    received: 1,
    stored: 1,
    reviewed: 1,
    late: 0,
    incomplete: 1,
  });
  expect([...store.judgements.values()].filter((j) => j.triggeredBy !== j.transaction.transactionId)).toEqual([]);
});

test('shadow rule sets judge apart, and what they would have held back is counted', async () => {
  const version = (name: string) => ({ version: name }) as never;
  const { store, process } = world({ ...PLAIN_POLICY, shadows: [version('s1'), version('s2')] });
  expect(await process([event(hours('a', 0)), event(hours('b', 1))])).toMatchObject({ reviewed: 2, shadowed: 4 });
  expect(store.shadow.map((j) => [j.transaction.transactionId, j.ruleSetVersion])).toEqual([
    ['a', 's1'],
    ['a', 's2'],
    ['b', 's1'],
    ['b', 's2'],
  ]);
  expect([...store.judgements.values()].map(({ ruleSetVersion }) => ruleSetVersion)).toEqual(['v1', 'v1']);
});
