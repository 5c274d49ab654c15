import { readFileSync } from 'node:fs';
import type { Transaction, Verdict } from '../../../processor/types';
import {
  arrival,
  invoke,
  judgement,
  type MigratedDatabase,
  PLAIN,
  RULE_SET,
  startMigratedDatabase,
} from '../../helpers/migrated-database';
import { asRecord, bytes, HOUR, MINUTE, T0, transaction } from '../../helpers/transactions';

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
    const { processBatch } = await import('../../../processor/pipeline');
    const { judge } = await import('../../../processor/rules');
    const { Timeline } = await import('../../../processor/history/timeline');
    const { packRecord, layouts } = await import('../../../processor/history/record');
    const { entitiesOf } = await import('../../../processor/history/history');
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

  test('what operators look at is audited before they see it, and stays', async () => {
    const before = await database.only('SELECT count(*)::integer FROM tap.audit_log');
    await invoke({ action: 'lookup', transactionId: 'forged' });
    expect(
      await database.only('SELECT action, detail, database_user FROM tap.audit_log ORDER BY id DESC LIMIT 1'),
    ).toEqual(['lookup', { transactionId: 'forged', awsRequestId: 'request-1' }, 'tap_operator']);
    expect(await database.only('SELECT count(*)::integer FROM tap.audit_log')).toEqual([(before[0] as number) + 1]);
  });
});

describe('requests', () => {
  const id = 'must be 1 to 64 characters of A-Z a-z 0-9 _ . : -';

  test.each<[unknown, string]>([
    [undefined, 'nothing'],
    [{}, 'nothing'],
    ['status', 'nothing'],
    [{ action: 'drop' }, 'a text of 4 characters'],
    [{ action: 'constructor' }, 'a text of 11 characters'],
    [{ action: 4111111111111111 }, 'a large number'],
  ])('%j is refused with the actions there are', async (event, found) => {
    await expect(invoke(event)).rejects.toThrow(
      new RegExp(`^action: found ${found}; set one of migrate, status, lookup, verify, `),
    );
  });

  test.each<[unknown, string]>([
    [{ action: 'lookup' }, 'lookup: transactionId: found nothing; must be a string'],
    [{ action: 'verify', transactionId: 'a b' }, `verify: transactionId: found a text of 3 characters; ${id}`],
    [{ action: 'status', extra: 1 }, 'status: extra: found 1; remove it; known here are action'],
    [
      { action: 'lookup', transactionId: '4111111111111111' },
      'lookup: the request holds what may be a card number; name tokens and ids only',
    ],
  ])('%j is refused by the field that is wrong', async (event, message) => {
    const before = await database.only('SELECT count(*)::integer FROM tap.audit_log');
    await expect(invoke(event)).rejects.toThrow(new Error(message));
    expect(await database.only('SELECT count(*)::integer FROM tap.audit_log')).toEqual(before);
  });

  test.each(['docs/rules.md', 'docs/operations.md'])('%s commands what there is', async (file) => {
    const commands = [...readFileSync(file, 'utf8').matchAll(/(ask|approve) '(\{.*\})'/g)];
    expect(commands.length).toBeGreaterThan(2);
    for (const [, alias, request] of commands) {
      const message = await invoke(JSON.parse(request as string), alias === 'ask' ? 'operate' : 'approve').then(
        () => 'done',
        (error: Error) => error.message,
      );
      expect(message).not.toMatch(/: found | is not to be had here/);
    }
  });

  test.each([
    ['status', 'operate', true],
    ['status', 'approve', true],
    ['status', '$LATEST', false],
    ['propose', 'operate', true],
    ['propose', 'approve', false],
    ['activate', 'operate', false],
    ['activate', 'approve', true],
    ['migrate', 'operate', false],
    ['migrate', 'approve', false],
  ])('%s through the alias %s', async (action, alias, allowed) => {
    const { version } = RULE_SET;
    const requests: Record<string, object> = {
      propose: { ruleSet: RULE_SET, author: 'alice', reason: 'why' },
      activate: { version, approver: 'bob', reason: 'why' },
    };
    const answer = await invoke({ action, ...requests[action] }, alias).then(
      () => 'done',
      (error: Error) => error.message,
    );
    const places: Record<string, string> = {
      status: 'its alias "operate" or its alias "approve"',
      propose: 'its alias "operate"',
      activate: 'its alias "approve"',
      migrate: 'the function itself',
    };
    const refused = `${action} is not to be had here; invoke ${places[action]}`;
    const done =
      action === 'activate' ? `rule set ${version} is active; only a draft or shadow can be made active` : 'done';
    expect(answer).toBe(allowed ? done : refused);
  });

  test('without an alias the deployment is all there is', async () => {
    const invokedFunctionArn = 'arn:aws:lambda:ap-northeast-1:123456789012:function:lambda-operations-test';
    const { handler } = await import('../../../processor/operations');
    await expect(handler({ action: 'status' }, { awsRequestId: 'r', invokedFunctionArn })).rejects.toThrow(
      'status is not to be had here; invoke its alias "operate" or its alias "approve"',
    );
  });
});
