import fc from 'fast-check';
import { WHOLE_COVERAGE_SECONDS } from '../../../processor/history/history';
import { processBatch } from '../../../processor/pipeline';
import { rebuild } from '../../../processor/rebuild';
import { MemoryCache, MemoryHistory, MemoryStore, type Turn } from '../../helpers/memory-stores';
import { bruteForce } from '../../helpers/oracle';
import { batchesOf, judges, PLAIN_POLICY, type Scenario, scenarios, work } from '../../helpers/scenarios';
import { HOUR, T0 } from '../../helpers/transactions';

/** Histories are kept for longer than the scenarios last: nothing in them is too late to be judged on all. */
const KEPT_MS = 50 * HOUR;

/** What happens beside the workers, and how many turns it waits for. */
type Event = { wait: number; event: 'empty' | 'replicate' | 'failOver' | 'rebuild' };

/** Three workers at a time, in whatever turns the scheduler draws, some of them dying and being delivered their batch again. */
async function run(scheduler: fc.Scheduler, scenario: Scenario, events: readonly Event[] = []) {
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
    policy: PLAIN_POLICY,
    judge: judges[scenario.judge],
    now: () => T0 + 1000 * HOUR,
  });
  await dependencies().history.read([]);
  running = true;

  const batches = batchesOf(scenario);
  const worker = () =>
    work(batches, () => {
      const own = dependencies();
      return (batch) => processBatch(batch, own);
    });
  const world = async () => {
    for (const { wait, event } of events) {
      for (let i = 0; i < wait; i++) await scheduler.schedule(Promise.resolve(), 'wait');
      if (event === 'rebuild') await rebuild(dependencies(), KEPT_MS).catch(() => undefined);
      else cache[event]();
    }
  };
  await scheduler.waitFor(Promise.all([worker(), worker(), worker(), world()]));
  running = false;
  return { store, dependencies };
}

const coverageOfAll = (store: MemoryStore) => [
  ...new Set([...store.current().values()].map(({ coverageSeconds }) => coverageSeconds)),
];

test('in whatever order, batches, repetition, concurrency and crashes, verdicts end as brute force has them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), scenarios, async (scheduler, scenario) => {
      const { store } = await run(scheduler, scenario);
      expect(store.transactions.size).toBe(scenario.transactions.length);
      expect(store.verdicts()).toEqual(bruteForce(scenario.transactions, judges[scenario.judge]));
      expect(coverageOfAll(store)).toEqual([WHOLE_COVERAGE_SECONDS]);
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
    fc.asyncProperty(fc.scheduler(), scenarios, events, async (scheduler, scenario, drawn) => {
      const { store, dependencies } = await run(scheduler, scenario, drawn);
      await rebuild(dependencies(), KEPT_MS);
      expect(store.verdicts()).toEqual(bruteForce(scenario.transactions, judges[scenario.judge]));
      expect(coverageOfAll(store)).toEqual([WHOLE_COVERAGE_SECONDS]);
      expect(await rebuild(dependencies(), KEPT_MS)).toMatchObject({ restored: 0, judgedAgain: 0 });
    }),
    { numRuns: 1_000 },
  );
}, 60_000);
