import { refOf } from '../../../../processor/history/record';
import { PostgresStore } from '../../../../processor/store/postgres';
import type { Transaction, Verdict } from '../../../../processor/types';
import { arrival, judgement, type MigratedDatabase, startMigratedDatabase } from '../../../helpers/migrated-database';
import { HOUR, T0, transaction } from '../../../helpers/transactions';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await startMigratedDatabase();
}, 30_000);

afterAll(() => database.stop());

describe('rights', () => {
  test.each([
    ['tap_processor', 'INSERT INTO tap.verdicts DEFAULT VALUES'],
    ['tap_processor', 'UPDATE tap.transactions SET amount = 1'],
    ['tap_processor', 'DELETE FROM tap.verdicts'],
    ['tap_processor', 'TRUNCATE tap.quarantine'],
    ['tap_processor', 'INSERT INTO tap.audit_log (action, detail) VALUES ($$x$$, $$1$$)'],
    ['tap_processor', 'CREATE TABLE tap.x ()'],
    ['tap_processor', 'SELECT * FROM tap.audit_log'],
    ['tap_operator', 'INSERT INTO tap.transaction_ids VALUES ($$x$$, now(), $$x$$)'],
    ['tap_operator', 'UPDATE tap.audit_log SET action = $$x$$'],
    ['tap_operator', 'SELECT tap.ensure_partitions($${2026-04-01}$$)'],
    ['tap_processor', 'SELECT tap.complete_generation(1, now())'],
    ['tap_operator', 'INSERT INTO tap.alert_outbox DEFAULT VALUES'],
    ['tap_publisher', 'UPDATE tap.alert_outbox SET content = $$1$$'],
    ['tap_publisher', 'DELETE FROM tap.alert_outbox'],
    ['tap_publisher', 'SELECT FROM tap.transactions'],
    ['tap_publisher', 'SELECT tap.begin_generation(1)'],
  ] as const)('%s may not: %s', async (role, sql) => {
    const client = await database.connect(role);
    await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
    await client.end();
  });

  test('the publisher reads the outbox and marks what it has published', async () => {
    const client = await database.connect('tap_publisher');
    await client.query(
      'UPDATE tap.alert_outbox SET published_at = now() WHERE id IN (SELECT id FROM tap.alert_outbox)',
    );
    await client.end();
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

  test('gives back what was stored, to the last bit, whether or not the batch has duplicates', async () => {
    const again = { ...full, transactionId: 'full-again' };
    await database.store.accept([arrival(again), arrival(again)], []);
    expect(await database.store.load([refOf(again)])).toEqual([again]);
    const bare = transaction({ transactionId: 'bare', occurredAt: 0 });
    expect(await database.store.accept([arrival(full), arrival(bare)], [])).toEqual({
      stored: 2,
      repeated: new Set(),
      conflicts: new Set(),
      judged: new Set(),
    });
    const loaded = await database.store.load([refOf(full), refOf(bare)]);
    expect(loaded.sort((a, b) => a.occurredAt - b.occurredAt)).toEqual([bare, full]);
  });

  test('loads what histories name: by time and print, whatever else happened then; nothing for what is not stored', async () => {
    const together = ['x', 'y', 'z'].map((id) =>
      transaction({ transactionId: `load-${id}`, occurredAt: T0 + 3 * HOUR + 5 }),
    );
    const earlier = transaction({ transactionId: 'load-earlier', occurredAt: T0 - 30 * HOUR });
    await database.store.accept(
      [...together, earlier].map((t) => arrival(t)),
      [],
    );
    const [x, y] = together as [Transaction, Transaction];
    const absent = { ...refOf(x), occurredAt: T0 + 3 * HOUR + 6 };
    const loaded = await database.store.load([refOf(y), refOf(earlier), absent, refOf(y)]);
    expect(loaded.map(({ transactionId }) => transactionId).sort()).toEqual(['load-earlier', 'load-y']);
    expect(await database.store.load([])).toEqual([]);
  });

  test('knows duplicates, conflicts and what was judged, within a batch and over batches', async () => {
    const [a, b] = [transaction({ transactionId: 'a' }), transaction({ transactionId: 'b' })];
    const other = arrival(a, { amount: 1 });
    const moved = arrival(a, { occurredAt: '2026-05-01T00:00:00Z' });
    expect(await database.store.accept([arrival(a), arrival(a), other, arrival(b)], [])).toEqual({
      stored: 2,
      repeated: new Set(['a']),
      conflicts: new Set([other.eventId]),
      judged: new Set(),
    });
    await database.store.record([judgement(a), judgement(b, { triggeredBy: 'a', position: 9 })], [], 1);
    const again = await database.store.accept([arrival(a), arrival(b), other, moved], []);
    expect(again).toEqual({
      stored: 0,
      repeated: new Set(['a', 'b']),
      conflicts: new Set([other.eventId, moved.eventId]),
      judged: new Set(['a']),
    });
    expect(
      await database.only(
        'SELECT event_id, reason, record::json->>$$amount$$ FROM tap.quarantine WHERE transaction_id = $$a$$ ORDER BY event_id',
      ),
    ).toEqual([other.eventId, 'conflict:transactionId', '1', moved.eventId, 'conflict:transactionId', '4980']);
    expect(await database.only('SELECT amount::integer FROM tap.transactions WHERE transaction_id = $$a$$')).toEqual([
      4980,
    ]);
  });

  test('keeps refused records once, whatever they hold', async () => {
    const refused = [{ eventId: 'shardId-0:bad', reason: 'not-json', detail: 'd', record: '{"\\u0000": "\\ud800"' }];
    await database.store.accept([], refused);
    await database.store.accept([], refused);
    expect(await database.only('SELECT record FROM tap.quarantine WHERE event_id = $$shardId-0:bad$$')).toEqual([
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

  test('concurrent batches that overlap store each transaction once', async () => {
    const clients = await Promise.all([1, 2, 3, 4].map(() => database.connect('tap_processor')));
    const arrivals = Array.from({ length: 6_000 }, (_, n) => arrival(transaction({ transactionId: `o-${n}` })));
    const batches = clients.map((_, i) => arrivals.slice(i * 500, 4_500 + i * 500));
    const results = await Promise.all(
      clients.map((client, i) => {
        const batch = batches[i] as typeof arrivals;
        return new PostgresStore(client).accept(i % 2 ? batch : batch.toReversed(), []);
      }),
    );
    expect(results.reduce((sum, { stored }) => sum + stored, 0)).toBe(6_000);
    expect(results.map(({ conflicts }) => conflicts.size)).toEqual([0, 0, 0, 0]);
    const count = (table: string) =>
      database.only(`SELECT count(*)::integer FROM tap.${table} WHERE transaction_id LIKE 'o-%'`);
    expect([await count('transaction_ids'), await count('transactions')]).toEqual([[6_000], [6_000]]);
    await Promise.all(clients.map((client) => client.end()));
  }, 30_000);

  test('a day is a partition in UTC', async () => {
    await database.store.accept(
      [arrival(transaction({ transactionId: 'midnight', occurredAt: Date.UTC(2026, 5, 30, 23, 59, 59, 999) }))],
      [],
    );
    expect(
      await database.only('SELECT tableoid::regclass::text FROM tap.transactions WHERE transaction_id = $$midnight$$'),
    ).toEqual(['tap.transactions_20260630']);
  });

  test('of several judgements the one with the highest position is current; the same one twice is one', async () => {
    const t = transaction({ transactionId: 'revised' });
    await database.store.accept([arrival(t)], []);
    const review: Verdict = {
      decision: 'review',
      score: 70,
      reasons: [{ rule: 'large-amount', weight: 70, observed: 1 }],
    };
    const judgements = [
      judgement(t, { position: 2, verdict: review, triggeredBy: 'z' }),
      judgement(t, { position: 1 }),
    ];
    await database.store.record(judgements, [], 1);
    await database.store.record(judgements, [], 1);
    expect(
      await database.only(
        'SELECT position::integer, decision, reasons FROM tap.verdicts WHERE transaction_id = $$revised$$ ORDER BY position',
      ),
    ).toEqual([1, 'allow', null, 2, 'review', review.reasons]);
    expect(
      await database.only('SELECT decision, score FROM tap.current_verdicts WHERE transaction_id = $$revised$$'),
    ).toEqual(['review', 70]);
  });
});
