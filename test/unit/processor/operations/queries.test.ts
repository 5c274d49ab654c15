import type { Transaction, Verdict } from '../../../../processor/types';
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

beforeAll(async () => {
  database = await startMigratedDatabase();
  const [revised, taken] = [transaction({ transactionId: 'revised' }), transaction({ transactionId: 'a' })];
  const refused = { eventId: 'shardId-0:bad', reason: 'not-json', detail: 'd', record: '{' };
  const last = transaction({ transactionId: 'last', occurredAt: Date.UTC(2026, 5, 30) });
  await database.store.accept(
    [arrival(revised), arrival(taken), arrival(taken, { amount: 1 }), arrival(last)],
    [refused],
  );
  await database.store.accept([arrival(taken, { amount: 2 })], []);
  const review: Verdict = {
    decision: 'review',
    score: 70,
    reasons: [{ rule: 'large-amount', weight: 70, observed: 1 }],
  };
  await database.store.record([
    judgement(revised, { position: 2, verdict: review, triggeredBy: 'z' }),
    judgement(revised),
  ]);
}, 30_000);

afterAll(() => database.stop());

describe('lookup, verify and status', () => {
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
  const attempts = Array.from({ length: 12 }, (_, i) => at(`try-${i}`, i));

  test('a verdict that the processor stored is recomputed from the database', async () => {
    const { processBatch } = await import('../../../../processor/pipeline');
    const { judge } = await import('../../../../processor/rules');
    const { Timeline } = await import('../../../../processor/history/timeline');
    const { packRecord, layouts } = await import('../../../../processor/history/record');
    const { entitiesOf } = await import('../../../../processor/history/history');
    const read = async (all: readonly Transaction[]) =>
      new Map(
        all
          .flatMap(entitiesOf)
          .map(({ kind, key }) => [
            key,
            Timeline.parse(
              kind,
              Buffer.concat(attempts.map((t) => packRecord(kind, layouts[kind].record(t) as never))),
            ),
          ]),
      );
    const summary = await processBatch(
      attempts.map((t) => ({ eventId: `shardId-1:${t.transactionId}`, data: bytes(asRecord(t)) })),
      {
        store: database.store,
        history: { append: read, read, trim: async () => {} },
        judge: (t, histories) => judge(t, histories, RULE_SET),
        ruleSetVersion: RULE_SET.version,
        now: () => T0 + HOUR,
      },
    );
    expect(summary.stored).toBe(12);
    const verification: { matches: boolean; stored: Verdict; recomputed: Verdict } = await invoke({
      action: 'verify',
      transactionId: 'try-11',
    });
    expect(verification).toMatchObject({
      transactionId: 'try-11',
      matches: true,
      ruleSetVersion: RULE_SET.version,
      late: false,
    });
    expect(verification.stored.reasons.map(({ rule, observed }) => [rule, observed])).toContainEqual([
      'token-velocity',
      12,
    ]);
    expect(verification.recomputed).toEqual(verification.stored);
  });

  test('a verdict that does not follow from its history is told', async () => {
    const forged = at('forged', 600);
    await database.store.accept([arrival(forged)], []);
    await database.store.record([
      judgement(forged, {
        verdict: { decision: 'block', score: 100, reasons: [{ rule: 'large-amount', weight: 100 }] },
      }),
    ]);
    const { matches, recomputed } = (await invoke({ action: 'verify', transactionId: 'forged' })) as {
      matches: boolean;
      recomputed: Verdict;
    };
    expect([matches, recomputed]).toEqual([false, PLAIN]);
  });

  test('what cannot be verified says why', async () => {
    await expect(invoke({ action: 'verify', transactionId: 'nobody' })).rejects.toThrow(
      'no transaction has the id nobody',
    );
    await database.store.accept([arrival(at('unjudged', 700))], []);
    await expect(invoke({ action: 'verify', transactionId: 'unjudged' })).rejects.toThrow(
      'transaction unjudged has not been judged yet',
    );
  });

  test('lookup shows the transaction, every judgement and what was refused', async () => {
    const found = (await invoke({ action: 'lookup', transactionId: 'revised' })) as {
      verdicts: { judgedAt: string }[];
    };
    expect(found).toEqual({
      transactionId: 'revised',
      transaction: transaction({ transactionId: 'revised' }),
      verdicts: [
        expect.objectContaining({
          decision: 'review',
          score: 70,
          position: 2,
          triggeredBy: 'z',
          late: false,
          ruleSetVersion: RULE_SET.version,
        }),
        expect.objectContaining({ decision: 'allow', score: 0, reasons: [], position: 1, triggeredBy: 'revised' }),
      ],
      quarantine: [],
    });
    expect(Date.now() - Date.parse(found.verdicts[0]?.judgedAt as string)).toBeLessThan(600_000);
    const conflicted = (await invoke({ action: 'lookup', transactionId: 'a' })) as { quarantine: { reason: string }[] };
    expect(conflicted.quarantine.map(({ reason }) => reason)).toEqual([
      'conflict:transactionId',
      'conflict:transactionId',
    ]);
    expect(await invoke({ action: 'lookup', transactionId: 'nobody' })).toEqual({
      transactionId: 'nobody',
      verdicts: [],
      quarantine: [],
    });
  });

  test('status gives the figures of the database', async () => {
    const flagged = await database.only(
      "SELECT count(*)::integer FROM tap.verdicts WHERE decision = 'review' UNION ALL SELECT count(*)::integer FROM tap.verdicts WHERE decision = 'block'",
    );
    expect(await invoke({ action: 'status' })).toEqual({
      schemaVersion: 1,
      ruleSetVersion: RULE_SET.version,
      estimatedTransactions: expect.any(Number),
      days: { oldest: '2026-04-01', newest: '2026-06-30' },
      last24Hours: {
        review: flagged[0],
        block: flagged[1],
        quarantined: { total: 3, byReason: { 'conflict:transactionId': 2, 'not-json': 1 } },
      },
    });
  });
});
