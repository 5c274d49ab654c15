import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import { type Accepted, decode } from '../../../processor/decode';
import { handler } from '../../../processor/operations';
import { PostgresStore } from '../../../processor/store/postgres';
import type { Transaction, Verdict } from '../../../processor/types';
import { startDatabase, type TestDatabase } from '../../helpers/database';
import { asRecord, bytes, HOUR, MINUTE, T0, transaction } from '../../helpers/transactions';

const RULE_SET = JSON.parse(readFileSync('processor/rules/rule-set.json', 'utf8'));
const MIGRATION = readFileSync('processor/migrations/0001_initial.sql', 'utf8');
const invoke = (event: unknown) => handler(event, { awsRequestId: 'request-1' }) as Promise<never>;
const PLAIN: Verdict = { decision: 'allow', score: 0, reasons: [] };

let database: TestDatabase;
let operator: Client;
let processor: Client;
let store: PostgresStore;

beforeAll(async () => {
  database = await startDatabase();
  database.pack('rule-set.json', JSON.stringify(RULE_SET));
  await invoke({ action: 'migrate' });
  operator = await database.connect('tap_operator');
  processor = await database.connect('tap_processor');
  store = new PostgresStore(processor as never);
}, 30_000);

afterAll(async () => {
  await operator.end();
  await processor.end();
  await database.stop();
});

let eventNumber = 0;
function arrival(t: Transaction, changes: Record<string, unknown> = {}) {
  const decoded = decode(bytes({ ...asRecord(t), ...changes }), T0 + 10_000 * HOUR) as Accepted;
  return { eventId: `shardId-0:${eventNumber++}`, ...decoded };
}
const judgement = (t: Transaction, changes: object = {}) => ({
  transaction: t,
  verdict: PLAIN,
  position: 1,
  triggeredBy: t.transactionId,
  late: false,
  ruleSetVersion: RULE_SET.version as string,
  ...changes,
});
const only = async (sql: string, values: unknown[] = []) =>
  (await operator.query({ text: sql, values, rowMode: 'array' })).rows.flat();

describe('migrate', () => {
  test('applies each migration once and makes the rule set known once', async () => {
    expect(await invoke({ action: 'migrate' })).toEqual({
      applied: [],
      schemaVersion: 1,
      ruleSetVersion: RULE_SET.version,
    });
    expect(await only('SELECT version, name FROM tap.schema_migrations')).toEqual([1, 'initial']);
    expect(await only('SELECT version, content FROM tap.rule_sets')).toEqual([RULE_SET.version, RULE_SET]);
    expect(await only("SELECT action FROM tap.audit_log WHERE database_user = 'master' ORDER BY id")).toEqual([
      'migrate',
      'activate-rule-set',
    ]);
  });

  test('refuses a rule set that changed under its version, and takes it under a new one', async () => {
    database.pack('rule-set.json', JSON.stringify({ ...RULE_SET, cutoffs: { review: 1, block: 2 } }));
    await expect(invoke({ action: 'migrate' })).rejects.toThrow(
      `rule set ${RULE_SET.version} was used before with other rules; give the changed rule set a new version`,
    );
    database.pack('rule-set.json', JSON.stringify({ ...RULE_SET, version: 'next' }));
    expect(await invoke({ action: 'migrate' })).toEqual({ applied: [], schemaVersion: 1, ruleSetVersion: 'next' });
    expect(await invoke({ action: 'status' })).toMatchObject({ ruleSetVersion: 'next' });
    database.pack('rule-set.json', JSON.stringify(RULE_SET));
    expect(await invoke({ action: 'migrate' })).toMatchObject({ ruleSetVersion: RULE_SET.version });
  });

  test.each(['{"username":"master"}', 'Correct-horse-9', '[]', '{"username":1,"password":"Correct-horse-9"}'])(
    'a secret that lacks what signing in needs is an error without its content: %s',
    async (text) => {
      database.setSecret(text);
      await expect(invoke({ action: 'migrate' })).rejects.toThrow(
        /^the database secret must be a JSON object with the strings "username" and "password"$/,
      );
      database.setSecret(JSON.stringify({ username: 'master', password: 'Correct-horse-9' }));
    },
  );

  test('refuses a migration that was changed after it was applied', async () => {
    await jest.isolateModulesAsync(async () => {
      jest.doMock('../../../processor/migrations/0001_initial.sql', () => `${MIGRATION} `);
      const changed = await import('../../../processor/operations/migrate');
      await expect(changed.migrate()).rejects.toThrow(
        'migration 1 (initial) was changed after it was applied; restore it and add a new one',
      );
    });
  });

  test('the master signs in with the password of the secret only', async () => {
    await expect(database.connect('master' as never)).rejects.toThrow(/password/);
  });
});

describe('rights', () => {
  test.each([
    ['tap_processor', 'UPDATE tap.transactions SET amount = 1'],
    ['tap_processor', 'DELETE FROM tap.verdicts'],
    ['tap_processor', 'TRUNCATE tap.quarantine'],
    ['tap_processor', 'INSERT INTO tap.audit_log (action, detail) VALUES ($$x$$, $$1$$)'],
    ['tap_processor', 'CREATE TABLE tap.x ()'],
    ['tap_processor', 'SELECT * FROM tap.audit_log'],
    ['tap_operator', 'INSERT INTO tap.transaction_ids VALUES ($$x$$, now(), $$x$$)'],
    ['tap_operator', 'UPDATE tap.audit_log SET action = $$x$$'],
    ['tap_operator', 'SELECT tap.ensure_partitions($${2026-04-01}$$)'],
  ])('%s may not: %s', async (role, sql) => {
    await expect((role === 'tap_operator' ? operator : processor).query(sql)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('the store', () => {
  const full = transaction({
    transactionId: 'full',
    amount: 1e12,
    outcome: 'declined',
    declineReason: '限度額超過',
    orderId: 'order-1',
    merchantCategory: 'books',
    channel: 'web',
    ipAddress: '2001:db8::1',
    deviceId: 'device-1',
    emailHash: 'ab'.repeat(32),
    shippingAddressHash: 'cd'.repeat(32),
    cardIssuerCountry: 'JP',
    billingCountry: 'JP',
    shippingCountry: 'US',
    location: { latitude: 35.123456789012, longitude: -0.1 },
    accountCreatedAt: T0 - 1,
    threeDSecure: { version: '2.2.0', status: 'A', eci: '06', liabilityShift: true },
    occurredAt: T0 + 1,
  });

  test('gives back what was stored, to the last bit', async () => {
    const bare = transaction({ transactionId: 'bare', occurredAt: 0 });
    expect(await store.accept([arrival(full), arrival(bare)], [])).toEqual({
      stored: 2,
      conflicts: new Set(),
      judged: new Set(),
    });
    const loaded = await store.load([full, bare]);
    expect(loaded.sort((a, b) => a.occurredAt - b.occurredAt)).toEqual([bare, full]);
  });

  test('knows duplicates, conflicts and what was judged, within a batch and over batches', async () => {
    const [a, b] = [transaction({ transactionId: 'a' }), transaction({ transactionId: 'b' })];
    const other = arrival(a, { amount: 1 });
    const moved = arrival(a, { occurredAt: '2026-05-01T00:00:00Z' });
    expect(await store.accept([arrival(a), arrival(a), other, arrival(b)], [])).toEqual({
      stored: 2,
      conflicts: new Set([other.eventId]),
      judged: new Set(),
    });
    await store.record([judgement(a), judgement(b, { triggeredBy: 'a', position: 9 })]);
    const again = await store.accept([arrival(a), arrival(b), other, moved], []);
    expect(again).toEqual({ stored: 0, conflicts: new Set([other.eventId, moved.eventId]), judged: new Set(['a']) });
    expect(
      await only(
        'SELECT event_id, reason, record::json->>$$amount$$ FROM tap.quarantine WHERE transaction_id = $$a$$ ORDER BY event_id',
      ),
    ).toEqual([other.eventId, 'conflict:transactionId', '1', moved.eventId, 'conflict:transactionId', '4980']);
    expect(await only('SELECT amount::integer FROM tap.transactions WHERE transaction_id = $$a$$')).toEqual([4980]);
  });

  test('keeps refused records once, whatever they hold', async () => {
    const refused = [{ eventId: 'shardId-0:bad', reason: 'not-json', detail: 'd', record: '{"\\u0000": "\\ud800"' }];
    await store.accept([], refused);
    await store.accept([], refused);
    expect(await only('SELECT record FROM tap.quarantine WHERE event_id = $$shardId-0:bad$$')).toEqual([
      '{"\\u0000": "\\ud800"',
    ]);
  });

  test('concurrent batches on the same new day and ids neither block each other for good nor store twice', async () => {
    const others = await Promise.all([1, 2, 3].map(() => database.connect('tap_processor')));
    const batch = Array.from({ length: 50 }, (_, i) =>
      transaction({ transactionId: `c-${i}`, occurredAt: T0 + 500 * HOUR }),
    );
    const results = await Promise.all(
      others.map((client, i) =>
        new PostgresStore(client as never).accept(
          batch.map((t) => arrival(t)).sort(() => (i === 1 ? -1 : 1)),
          [],
        ),
      ),
    );
    expect(results.map(({ stored }) => stored).sort()).toEqual([0, 0, 50]);
    await Promise.all(others.map((client) => client.end()));
  });

  test('a day is a partition in UTC', async () => {
    await store.accept(
      [arrival(transaction({ transactionId: 'midnight', occurredAt: Date.UTC(2026, 5, 30, 23, 59, 59, 999) }))],
      [],
    );
    expect(
      await only('SELECT tableoid::regclass::text FROM tap.transactions WHERE transaction_id = $$midnight$$'),
    ).toEqual(['tap.transactions_20260630']);
  });

  test('of several judgements the one with the highest position is current; the same one twice is one', async () => {
    const t = transaction({ transactionId: 'revised' });
    await store.accept([arrival(t)], []);
    const review: Verdict = {
      decision: 'review',
      score: 70,
      reasons: [{ rule: 'large-amount', weight: 70, observed: 1 }],
    };
    const judgements = [
      judgement(t, { position: 2, verdict: review, triggeredBy: 'z' }),
      judgement(t, { position: 1 }),
    ];
    await store.record(judgements);
    await store.record(judgements);
    expect(
      await only(
        'SELECT position::integer, decision, reasons FROM tap.verdicts WHERE transaction_id = $$revised$$ ORDER BY position',
      ),
    ).toEqual([1, 'allow', null, 2, 'review', review.reasons]);
    expect(await only('SELECT decision, score FROM tap.current_verdicts WHERE transaction_id = $$revised$$')).toEqual([
      'review',
      70,
    ]);
  });
});

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
        store,
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
    await store.accept([arrival(forged)], []);
    await store.record([
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
    await store.accept([arrival(at('unjudged', 700))], []);
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
    const flagged = await only(
      "SELECT count(*)::integer FROM tap.verdicts WHERE decision = 'review' UNION ALL SELECT count(*)::integer FROM tap.verdicts WHERE decision = 'block'",
    );
    expect(await invoke({ action: 'status' })).toEqual({
      schemaVersion: 1,
      ruleSetVersion: RULE_SET.version,
      estimatedTransactions: expect.any(Number),
      days: { oldest: '1970-01-01', newest: '2026-06-30' },
      last24Hours: {
        review: flagged[0],
        block: flagged[1],
        quarantined: { total: 3, byReason: { 'conflict:transactionId': 2, 'not-json': 1 } },
      },
    });
  });

  test('what operators look at is audited before they see it, and stays', async () => {
    const before = await only('SELECT count(*)::integer FROM tap.audit_log');
    await invoke({ action: 'lookup', transactionId: 'forged' });
    expect(await only('SELECT action, detail, database_user FROM tap.audit_log ORDER BY id DESC LIMIT 1')).toEqual([
      'lookup',
      { transactionId: 'forged', awsRequestId: 'request-1' },
      'tap_operator',
    ]);
    expect(await only('SELECT count(*)::integer FROM tap.audit_log')).toEqual([before[0] + 1]);
  });

  test.each([
    undefined,
    {},
    { action: 'drop' },
    { action: 'lookup' },
    { action: 'verify', transactionId: 'a b' },
    { action: 'status', extra: 1 },
  ])('the request %j is refused with the ones there are', async (event) => {
    await expect(invoke(event)).rejects.toThrow(
      /^the request must be \{"action": "migrate"\}, .* where ID is 1 to 64 characters/,
    );
  });
});
