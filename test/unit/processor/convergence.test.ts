import fc from 'fast-check';
import { WHOLE_COVERAGE_SECONDS } from '../../../processor/history/history';
import type { JudgingDependencies } from '../../../processor/judging';
import { processBatch, type StreamRecord } from '../../../processor/pipeline';
import { rebuild } from '../../../processor/rebuild';
import type { Facts, Transaction, Verdict } from '../../../processor/types';
import { MemoryCache, MemoryHistory, MemoryStore, type Turn } from '../../helpers/memory-stores';
import { bruteForce } from '../../helpers/oracle';
import { asRecord, bytes, HOUR, T0, transaction } from '../../helpers/transactions';

const KINDS = ['customer', 'token', 'device', 'address'] as const;

/** Verdicts that show everything they rest on, in order: any difference in a history is a difference in the verdict. */
const judges = {
  ids: (_: Transaction, facts: Facts): Verdict => shown((kind) => facts[kind].map(facts.idOf).join()),
  amounts: (_: Transaction, facts: Facts): Verdict => shown((kind) => facts[kind].map(({ amount }) => amount).join()),
};

function shown(what: (kind: (typeof KINDS)[number]) => string): Verdict {
  return {
    decision: 'review',
    score: 1,
    reasons: [{ rule: 'test', weight: 1, ...Object.fromEntries(KINDS.map((kind) => [kind, what(kind)])) }],
  };
}

const policy = {
  active: { version: 'v1' },
  shadows: [],
  lists: { hitsOf: () => [], version: 0 },
} as unknown as JudgingDependencies['policy'];

interface Scenario {
  transactions: readonly Transaction[];
  /** Indices of transactions that are sent a second time. */
  repeated: readonly number[];
  /** Sorts what is sent. */
  order: readonly number[];
  batchSizes: readonly number[];
  /** Numbers of the calls, counted over all workers, before or after which a worker dies. */
  crashes: readonly number[];
  /** What happens beside the workers, and how many turns it waits. */
  events: readonly { wait: number; event: 'empty' | 'replicate' | 'failOver' | 'rebuild' }[];
  judge: keyof typeof judges;
}

const scenarios = (events: fc.Arbitrary<Scenario['events']>): fc.Arbitrary<Scenario> =>
  fc.record({
    transactions: fc
      .array(
        fc.record({
          hour: fc.integer({ min: 0, max: 40 }),
          customerId: fc.constantFrom('c1', 'c2'),
          paymentToken: fc.constantFrom('t1', 't2', 't3'),
          deviceId: fc.constantFrom(undefined, 'd1', 'd2'),
          ipAddress: fc.constantFrom(undefined, '192.0.2.1'),
        }),
        { minLength: 2, maxLength: 9 },
      )
      .map((drawn) =>
        drawn.map(({ hour, ...changes }, i) =>
          transaction({ transactionId: `tx-${(i * 7) % 10}`, occurredAt: T0 + hour * HOUR, amount: i, ...changes }),
        ),
      ),
    repeated: fc.array(fc.nat(8), { maxLength: 3 }),
    order: fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 }),
    batchSizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 12, maxLength: 12 }),
    crashes: fc.uniqueArray(fc.integer({ min: 1, max: 80 }), { maxLength: 4 }),
    events,
    judge: fc.constantFrom('ids', 'amounts'),
  });

let eventNumber = 0;

/** Three workers at a time, in whatever turns the scheduler draws, some of them dying and being delivered their batch again. */
async function run(scheduler: fc.Scheduler, scenario: Scenario) {
  const crashes = new Set(scenario.crashes);
  let calls = 0;
  let running = false;
  const turn: Turn = async (call) => {
    if (!running) return;
    if (crashes.has(++calls)) throw new Error(`died ${call}`);
    await scheduler.schedule(Promise.resolve(), call);
  };
  const store = new MemoryStore(turn);
  const cache = new MemoryCache();
  const dependencies = () => ({
    store,
    history: new MemoryHistory(cache, store, turn),
    policy,
    judge: judges[scenario.judge],
    now: () => T0 + 1000 * HOUR,
  });

  await dependencies().history.read([]);
  running = true;
  const sent = [...scenario.transactions, ...scenario.repeated.flatMap((i) => scenario.transactions[i] ?? [])]
    .map((t, i) => ({ t, place: scenario.order[i] as number }))
    .sort((a, b) => a.place - b.place)
    .map(({ t }): StreamRecord => ({ eventId: `shard:${eventNumber++}`, data: bytes(asRecord(t)) }));
  const batches = scenario.batchSizes.map((size) => sent.splice(0, size)).filter(({ length }) => length > 0);
  const worker = async () => {
    let own = dependencies();
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      try {
        await processBatch(batch, own);
      } catch {
        own = dependencies();
        batches.push(batch.slice(0, batch.length >> 1), batch.slice(batch.length >> 1));
      }
    }
  };
  const world = async () => {
    for (const { wait, event } of scenario.events) {
      for (let i = 0; i < wait; i++) await scheduler.schedule(Promise.resolve(), 'wait');
      if (event === 'rebuild') await rebuild(dependencies(), 25 * HOUR).catch(() => undefined);
      else cache[event]();
    }
  };
  await scheduler.waitFor(Promise.all([worker(), worker(), worker(), world()]));
  running = false;
  return { store, cache, dependencies };
}

test('in whatever order, batches, repetition, concurrency and crashes, verdicts end as brute force has them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), scenarios(fc.constant([])), async (scheduler, scenario) => {
      const { store } = await run(scheduler, scenario);
      expect(store.transactions.size).toBe(scenario.transactions.length);
      expect(store.verdicts()).toEqual(bruteForce(scenario.transactions, judges[scenario.judge]));
      expect(new Set([...store.current().values()].map(({ coverageSeconds }) => coverageSeconds))).toEqual(
        new Set([WHOLE_COVERAGE_SECONDS]),
      );
    }),
    { numRuns: 1_000 },
  );
}, 60_000);

test('a cache that is emptied and fails over in the middle of it is noticed, and a rebuild makes verdicts whole', async () => {
  const events = fc.array(
    fc.record({
      wait: fc.nat(25),
      event: fc.constantFrom('empty' as const, 'replicate' as const, 'failOver' as const, 'rebuild' as const),
    }),
    { minLength: 1, maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), scenarios(events), async (scheduler, scenario) => {
      const { store, dependencies } = await run(scheduler, scenario);
      const expected = bruteForce(scenario.transactions, judges[scenario.judge]);
      await rebuild(dependencies(), 25 * HOUR);
      expect(store.verdicts()).toEqual(expected);
      expect(new Set([...store.current().values()].map(({ coverageSeconds }) => coverageSeconds))).toEqual(
        new Set([WHOLE_COVERAGE_SECONDS]),
      );
      expect(await rebuild(dependencies(), 25 * HOUR)).toMatchObject({ restored: 0, judgedAgain: 0 });
    }),
    { numRuns: 1_000 },
  );
}, 60_000);
