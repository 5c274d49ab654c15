import fc from 'fast-check';
import { entitiesOf, type HistoryStore, type Snapshot } from '../../../processor/history/history';
import { layouts, packRecord } from '../../../processor/history/record';
import { compareTransactions, Timeline } from '../../../processor/history/timeline';
import { processBatch, type StreamRecord } from '../../../processor/pipeline';
import type { Arrival, Judgement, Quarantined, TransactionStore } from '../../../processor/store/store';
import type { Histories, Transaction, Verdict } from '../../../processor/types';
import { asRecord, bytes, HOUR, T0, transaction } from '../../helpers/transactions';

/** A verdict that shows everything it rests on: any difference in a history is a difference in the verdict. */
function judge(_: Transaction, histories: Histories): Verdict {
  const ids = Object.entries(histories).map(([kind, records]) => [
    kind,
    records.map((r: { transactionId: string }) => r.transactionId).join(),
  ]);
  return { decision: 'review', score: 1, reasons: [{ rule: 'test', weight: 1, ...Object.fromEntries(ids) }] };
}

/** Called before and after a store does its work: where others get their turn, or the worker dies. */
type Turn = () => Promise<void>;

class MemoryHistory implements HistoryStore {
  readonly histories = new Map<string, Buffer>();

  constructor(private readonly turn: Turn) {}

  async append(transactions: readonly Transaction[]): Promise<Snapshot> {
    await this.turn();
    for (const t of transactions) {
      for (const { kind, key } of entitiesOf(t)) {
        const record = packRecord(kind, layouts[kind].record(t) as never);
        this.histories.set(key, Buffer.concat([this.histories.get(key) ?? Buffer.alloc(0), record]));
      }
    }
    const snapshot = this.snapshot(transactions);
    await this.turn();
    return snapshot;
  }

  async read(transactions: readonly Transaction[]): Promise<Snapshot> {
    await this.turn();
    const snapshot = this.snapshot(transactions);
    await this.turn();
    return snapshot;
  }

  async trim(): Promise<void> {
    await this.turn();
  }

  private snapshot(transactions: readonly Transaction[]): Snapshot {
    return new Map(
      transactions
        .flatMap(entitiesOf)
        .map(({ kind, key }) => [key, Timeline.parse(kind, this.histories.get(key) ?? Buffer.alloc(0))]),
    );
  }
}

class MemoryStore implements TransactionStore {
  readonly transactions = new Map<string, Arrival>();
  readonly quarantine = new Map<string, Quarantined>();
  readonly judgements = new Map<string, Judgement>();

  constructor(private readonly turn: Turn) {}

  async accept(arrivals: readonly Arrival[], quarantined: readonly Quarantined[]) {
    await this.turn();
    const before = this.transactions.size;
    const conflicts = new Set<string>();
    for (const arrival of arrivals) {
      const known = this.transactions.get(arrival.transaction.transactionId);
      if (known === undefined) this.transactions.set(arrival.transaction.transactionId, arrival);
      else if (known.contentHash !== arrival.contentHash) conflicts.add(arrival.eventId);
    }
    for (const q of quarantined) this.quarantine.set(q.eventId, q);
    const judged = new Set(
      [...this.judgements.values()]
        .filter((j) => j.triggeredBy === j.transaction.transactionId)
        .map((j) => j.triggeredBy),
    );
    const stored = this.transactions.size - before;
    await this.turn();
    return { stored, conflicts, judged };
  }

  async load(positions: readonly { transactionId: string }[]): Promise<Transaction[]> {
    await this.turn();
    return positions.flatMap(({ transactionId }) => this.transactions.get(transactionId)?.transaction ?? []);
  }

  async record(judgements: readonly Judgement[]): Promise<void> {
    await this.turn();
    for (const j of judgements) {
      const key = JSON.stringify([j.transaction.transactionId, j.position, j.triggeredBy]);
      if (!this.judgements.has(key)) this.judgements.set(key, j);
    }
    await this.turn();
  }

  /** The current verdict of each transaction. */
  current(): Map<string, Verdict> {
    const sorted = [...this.judgements.values()].sort((a, b) => a.position - b.position);
    return new Map(sorted.map((j) => [j.transaction.transactionId, j.verdict]));
  }
}

let eventNumber = 0;
const event = (t: Transaction): StreamRecord => ({ eventId: `shard:${eventNumber++}`, data: bytes(asRecord(t)) });

function world(turn: Turn = async () => {}) {
  const store = new MemoryStore(turn);
  const history = new MemoryHistory(turn);
  const process = (records: readonly StreamRecord[]) =>
    processBatch(records, { store, history, judge, ruleSetVersion: 'v1', now: () => T0 + 1000 * HOUR });
  return { store, history, process };
}

/** What the definition in `Histories` says, by looking at every pair. */
function bruteForce(transactions: readonly Transaction[]): Map<string, Verdict> {
  const ordered = [...transactions].sort(compareTransactions);
  const kinds = ['customer', 'token', 'device', 'address'] as const;
  return new Map(
    ordered.map((x) => {
      const histories = kinds.map((kind) => [
        kind,
        ordered.filter(
          (y) =>
            layouts[kind].entity(x) !== undefined &&
            layouts[kind].entity(x) === layouts[kind].entity(y) &&
            compareTransactions(y, x) < 0 &&
            y.occurredAt > x.occurredAt - 24 * HOUR,
        ),
      ]);
      return [x.transactionId, judge(x, Object.fromEntries(histories))];
    }),
  );
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
};

test('a batch in order is stored and judged, each on what came before it', async () => {
  const { store, process } = world();
  const all = [hours('a', 0), hours('b', 1), hours('c', 26)];
  expect(await process(all.map(event))).toEqual({ ...COUNTS, received: 3, stored: 3, reviewed: 3 });
  expect(store.current()).toEqual(bruteForce(all));
  expect(
    [...store.judgements.values()].map(({ position, triggeredBy, late, ruleSetVersion }) => [
      position,
      triggeredBy,
      late,
      ruleSetVersion,
    ]),
  ).toEqual([
    [6, 'a', false, 'v1'],
    [6, 'b', false, 'v1'],
    [6, 'c', false, 'v1'],
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
  expect(store.current()).toEqual(bruteForce(all));
  const revisions = [...store.judgements.values()].filter((j) => j.triggeredBy !== j.transaction.transactionId);
  expect(revisions.map((j) => [j.transaction.transactionId, j.triggeredBy, j.position])).toEqual([
    ['a', 'd', 7],
    ['b', 'd', 5],
  ]);
});

test('a batch delivered again changes nothing and touches no history', async () => {
  const { store, history, process } = world();
  const batch = [hours('a', 0), hours('b', 1), hours('a', 0)].map(event);
  expect(await process(batch)).toEqual({ ...COUNTS, received: 3, stored: 2, duplicates: 1, reviewed: 2 });
  const before = [new Map(store.judgements), new Map(history.histories)];
  expect(await process(batch)).toEqual({ ...COUNTS, received: 3, duplicates: 3 });
  expect([store.judgements, history.histories]).toEqual(before);
});

test('one bad record and one conflict do not stop a batch', async () => {
  const { store, history, process } = world();
  const bad = { eventId: 'shard:bad', data: bytes('{') };
  const batch = [event(hours('a', 0)), bad, event(hours('a', 0, { amount: 1 })), event(hours('b', 0))];
  expect(await process(batch)).toEqual({ ...COUNTS, received: 4, stored: 2, quarantined: 2, reviewed: 2 });
  expect([...store.quarantine.keys()]).toEqual(['shard:bad']);
  expect(
    Timeline.parse('customer', history.histories.get('history:customer:customer-1') as Buffer).records.map((r) => [
      r.transactionId,
      r.amount,
    ]),
  ).toEqual([
    ['a', 4980],
    ['b', 4980],
  ]);
});

test('an empty or entirely refused batch reads no history', async () => {
  const { process, history } = world();
  expect(await process([])).toEqual(COUNTS);
  expect(await process([{ eventId: 'shard:bad', data: bytes('{') }])).toEqual({
    ...COUNTS,
    received: 1,
    quarantined: 1,
  });
  expect(history.histories.size).toBe(0);
});

describe('convergence', () => {
  const scenario = fc.record({
    transactions: fc.array(
      fc.record({
        hour: fc.integer({ min: 0, max: 40 }),
        customerId: fc.constantFrom('c1', 'c2'),
        paymentToken: fc.constantFrom('t1', 't2', 't3'),
        deviceId: fc.constantFrom(undefined, 'd1', 'd2'),
        ipAddress: fc.constantFrom(undefined, '192.0.2.1'),
      }),
      { minLength: 2, maxLength: 9 },
    ),
    seed: fc.integer(),
  });

  /** Three workers at a time, in turns drawn from a seed, some of them dying and being delivered their batch again. */
  async function run(transactions: readonly Transaction[], seed: number) {
    let state = seed >>> 0 || 1;
    const random = (n: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 16) % n;
    };
    const waiting: { resolve: () => void; reject: (e: Error) => void }[] = [];
    const { store, process } = world(() => new Promise((resolve, reject) => void waiting.push({ resolve, reject })));
    const queue = [...transactions, ...transactions.slice(0, random(4))].map(event);
    for (let i = queue.length - 1; i > 0; i--) {
      const j = random(i + 1);
      [queue[i], queue[j]] = [queue[j] as StreamRecord, queue[i] as StreamRecord];
    }
    const batches: StreamRecord[][] = [];
    while (queue.length > 0) batches.push(queue.splice(0, 1 + random(4)));
    let running = 0;
    while (batches.length > 0 || running > 0) {
      while (running < 3 && batches.length > 0 && (running === 0 || random(2) === 0)) {
        const batch = batches.shift() as StreamRecord[];
        running++;
        process(batch).then(
          () => running--,
          () => {
            running--;
            batches.push(batch);
          },
        );
      }
      await new Promise(setImmediate);
      const [next] = waiting.splice(random(Math.max(1, waiting.length)), 1);
      if (random(25) === 0) next?.reject(new Error('the worker died'));
      else next?.resolve();
      await new Promise(setImmediate);
    }
    return store;
  }

  test('in whatever order, batches, repetition, concurrency and crashes, verdicts end as brute force has them', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ transactions, seed }) => {
        const all = transactions.map(({ hour, ...changes }, i) => hours(`tx-${i}`, hour, changes));
        const store = await run(all, seed);
        expect(store.transactions.size).toBe(all.length);
        expect(store.current()).toEqual(bruteForce(all));
      }),
      { numRuns: 800 },
    );
  }, 60_000);
});
