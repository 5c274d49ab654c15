import type { SampleVerification, Verification } from '../../../../processor/operations/verify';
import { processBatch } from '../../../../processor/pipeline';
import { PolicySource } from '../../../../processor/policy/policy';
import { judge } from '../../../../processor/rules';
import type { Transaction, Verdict } from '../../../../processor/types';
import { MemoryCache, MemoryHistory } from '../../../helpers/memory-stores';
import {
  arrival,
  invoke,
  judgement,
  type MigratedDatabase,
  PLAIN,
  RULE_SET,
  startMigratedDatabase,
} from '../../../helpers/migrated-database';
import { asRecord, bytes, HOUR, MINUTE, T0, transaction } from '../../../helpers/transactions';

let database: MigratedDatabase;
const cache = new MemoryCache();

const verify = (transactionId: string): Promise<Verification> => invoke({ action: 'verify', transactionId });
const sample = (request: object): Promise<SampleVerification> =>
  invoke({ action: 'verify', day: '2026-04-01', ...request });

const at = (id: string, minutes: number, changes: Partial<Transaction> = {}) =>
  transaction({
    transactionId: id,
    occurredAt: T0 + minutes * MINUTE,
    customerId: 'shopper',
    paymentToken: 'shopper-card',
    deviceId: 'd',
    ipAddress: '192.0.2.7',
    ...changes,
  });

/** Stores the transactions as the processor does, the later ones first. */
async function processed(transactions: readonly Transaction[]): Promise<void> {
  const history = new MemoryHistory(cache, database.store, async () => {});
  const policy = await new PolicySource(database.processor as never).current();
  for (const t of transactions.toReversed()) {
    await processBatch([{ eventId: `shardId-1:${t.transactionId}`, data: bytes(asRecord(t)) }], {
      store: database.store,
      history,
      policy,
      judge,
      now: () => T0 + HOUR,
    });
  }
}

/** Stores a transaction that shares nothing with others, with a verdict that does not follow from it. */
async function forged(id: string, changes: object = {}): Promise<void> {
  const t = at(id, 600, { customerId: id, paymentToken: id, deviceId: id, ipAddress: '198.51.100.1' });
  const verdict: Verdict = { decision: 'block', score: 100, reasons: [{ rule: 'large-amount', weight: 100 }] };
  await database.store.accept([arrival(t)], []);
  await database.store.record([judgement(t, { verdict, ...changes })], [], 1);
}

beforeAll(async () => {
  database = await startMigratedDatabase();
  await processed(Array.from({ length: 12 }, (_, i) => at(`try-${i}`, i, { amount: 100 + i })));
}, 30_000);

afterAll(() => database.stop());

test('a verdict that the processor stored is recomputed from the database, with the ids its evidence names', async () => {
  await processed([at('pay', 20), at('pay-again', 20)]);
  const verification = await verify('pay-again');
  expect(verification).toMatchObject({
    transactionId: 'pay-again',
    identical: true,
    differences: [],
    ruleSetVersion: RULE_SET.version,
    listsVersion: 0,
    late: false,
    coverage: 'history 24 of 24 h',
  });
  expect(verification.expected).toBeUndefined();
  expect(verification.stored.reasons).toContainEqual(expect.objectContaining({ rule: 'token-velocity', observed: 14 }));
  expect(verification.stored.reasons).toContainEqual(
    expect.objectContaining({ rule: 'duplicate-order', duplicateOf: 'pay' }),
  );
  expect(verification.recomputed).toEqual(verification.stored);
});

test('a verdict that does not follow from its histories is told, place by place', async () => {
  await forged('forged');
  const verification = await verify('forged');
  expect(verification).toMatchObject({ identical: false, recomputed: PLAIN });
  expect(verification.expected).toBeUndefined();
  expect(verification.differences).toEqual([
    { path: 'decision', stored: 'block', recomputed: 'allow' },
    { path: 'score', stored: 100, recomputed: 0 },
    { path: 'reasons.large-amount', stored: { rule: 'large-amount', weight: 100 }, recomputed: null },
  ]);
});

test('where a verdict may rest on less than is known now, a difference is said to be expected', async () => {
  await forged('late', { late: true });
  await forged('uncovered', { late: true, coverageSeconds: 19_800 });
  expect((await verify('late')).expected).toBe('it arrived later than the allowed lateness');
  expect((await verify('uncovered')).expected).toBe(
    'it arrived later than the allowed lateness; it was judged on history 5.5 of 24 h',
  );
});

test('the lists are those that the verdict names', async () => {
  const t = at('listed', 700, { customerId: 'listed', paymentToken: 'l', deviceId: 'l', ipAddress: '203.0.113.5' });
  await invoke({
    action: 'list-add',
    list: 'block',
    kind: 'customer',
    value: 'listed',
    reason: 'test',
    author: 'analyst',
  });
  await database.store.accept([arrival(t)], []);
  await database.store.record([judgement(t)], [], 1);
  expect(await verify('listed')).toMatchObject({ identical: true, listsVersion: 0, recomputed: PLAIN });
  await database.store.record([judgement(t, { position: 2, listsVersion: 1 })], [], 1);
  expect((await verify('listed')).differences).toContainEqual({
    path: 'reasons.block-list',
    stored: null,
    recomputed: expect.objectContaining({ rule: 'block-list' }),
  });
});

describe('a sample of a day', () => {
  test('is all of it when it has fewer, and shows first what is not expected to differ', async () => {
    await database.store.accept([arrival(at('unjudged', 720, { customerId: 'u' }))], []);
    const result = await sample({ sample: 1000 });
    expect(result).toMatchObject({
      day: '2026-04-01',
      seed: 0,
      verified: 18,
      unjudged: 1,
      identical: 14,
      differing: 4,
      expected: 2,
    });
    expect(result.examples.map(({ transactionId }) => transactionId)).toEqual([
      expect.stringMatching(/^(forged|listed)$/),
      expect.stringMatching(/^(forged|listed)$/),
      expect.stringMatching(/^(late|uncovered)$/),
      expect.stringMatching(/^(late|uncovered)$/),
    ]);
  });

  test('is drawn by its seed', async () => {
    const ids = async (seed: number) =>
      (await sample({ sample: 6, seed })).examples.map(({ transactionId }) => transactionId).sort();
    const drawn = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(ids));
    expect(await ids(1)).toEqual(drawn[0]);
    expect(new Set(drawn.map(String)).size).toBeGreaterThan(1);
    expect(await sample({ sample: 6, seed: 1 })).toMatchObject({ seed: 1, verified: expect.any(Number) });
  });

  test('of a day without transactions is empty', async () => {
    expect(await sample({ day: '2020-02-29', sample: 10 })).toEqual({
      day: '2020-02-29',
      seed: 0,
      verified: 0,
      unjudged: 0,
      identical: 0,
      differing: 0,
      expected: 0,
      examples: [],
    });
  });
});

test('what cannot be verified says why', async () => {
  await expect(verify('nobody')).rejects.toThrow('no transaction has the id nobody');
  await expect(verify('unjudged')).rejects.toThrow('transaction unjudged has not been judged yet');
});

test.each([
  {},
  { transactionId: 'a', day: '2026-04-01', sample: 1 },
  { day: '2026-04-01' },
  { sample: 5 },
  { seed: 5 },
])('a request with %j is refused', async (request) => {
  await expect(invoke({ action: 'verify', ...request })).rejects.toThrow(
    'verify: set transactionId, or day and sample (and seed, for another sample)',
  );
});

test('a sample has bounds, a day is one', async () => {
  await expect(sample({ sample: 5_001 })).rejects.toThrow(
    'verify: sample: found 5001; must be an integer from 1 to 5000',
  );
  await expect(sample({ day: '2026-02-30', sample: 1 })).rejects.toThrow(/^verify: day: found a text of 10 characters/);
});
