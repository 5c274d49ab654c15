import type { Client } from 'pg';
import { type Alert, drain } from '../../../../processor/publisher/drain';
import { PostgresOutbox } from '../../../../processor/publisher/outbox';
import type { Verdict } from '../../../../processor/types';
import {
  arrival,
  judgement,
  type MigratedDatabase,
  RULE_SET,
  startMigratedDatabase,
} from '../../../helpers/migrated-database';
import { MINUTE, T0, transaction } from '../../../helpers/transactions';

jest.setTimeout(60_000); // every test file starts a server

const review: Verdict = { decision: 'review', score: 40, reasons: [{ rule: 'large-amount', weight: 40 }] };
const block: Verdict = { decision: 'block', score: 100, reasons: [{ rule: 'large-amount', weight: 100 }] };

let database: MigratedDatabase;
let publisher: Client;
let outbox: PostgresOutbox;
let generation: number;

beforeAll(async () => {
  database = await startMigratedDatabase();
  publisher = await database.connect('tap_publisher');
  outbox = new PostgresOutbox(publisher as never);
  generation = (await database.store.beginGeneration(0)).generation.number;
});
afterAll(async () => {
  await publisher.end();
  await database.stop();
});
// What the test before has left is out of the way.
beforeEach(async () => void (await publish()));

/** Judges a transaction, which is stored first. */
async function judged(transactionId: string, customerId: string, verdict: Verdict, changes: object = {}) {
  const stored = transaction({ transactionId, customerId, occurredAt: T0 + MINUTE });
  await database.store.accept([arrival(stored)], []);
  await database.store.record([judgement(stored, { verdict, ...changes })], [], generation);
}

/** Publishes what waits to a topic that takes everything. @returns what it took */
async function publish(): Promise<Alert[]> {
  const taken: Alert[] = [];
  const topic = {
    publish: async (batch: readonly Alert[]) => {
      taken.push(...batch);
      return batch.map(({ id }) => id);
    },
  };
  await drain(outbox, topic, { published: 0, failed: 0 }, () => true);
  return taken;
}

test('alerts leave in the order of their customer, with what subscribers need, and once', async () => {
  await judged('tx-1', 'c-1', review);
  await judged('tx-2', 'c-2', block);
  await judged('tx-1', 'c-1', block, { position: 2, triggeredBy: 'tx-0' });
  const taken = await publish();
  expect(taken.map(({ customerId, transactionId, revision }) => [customerId, transactionId, revision])).toEqual([
    ['c-1', 'tx-1', 1],
    ['c-2', 'tx-2', 1],
    ['c-1', 'tx-1', 2],
  ]);
  expect(JSON.parse(taken[2]?.content ?? '')).toEqual({
    alertId: 'tx-1',
    revision: 2,
    kind: 'revised',
    ...block,
    coverageSeconds: 86_400,
    ruleSetVersion: RULE_SET.version,
    transactionId: 'tx-1',
    occurredAt: '2026-04-01T00:01:00.000Z',
    customerId: 'c-1',
    judgedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    triggeredBy: 'tx-0',
  });
  expect(await publish()).toEqual([]);
});

test('customers that are held up are left out, and ids are ordered as numbers', async () => {
  for (let index = 0; index < 11; index++) await judged(`held-${index}`, index % 2 ? 'c-odd' : 'c-even', review);
  const ids = (await outbox.oldest(100, [])).map(({ id }) => Number(id));
  expect(ids).toHaveLength(11);
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  expect((await outbox.oldest(3, ['c-even'])).map(({ transactionId }) => transactionId)).toEqual([
    'held-1',
    'held-3',
    'held-5',
  ]);
});

test('the oldest alert that waits has an age, and nothing that waits has none', async () => {
  expect(await outbox.oldestSeconds()).toBe(0);
  await judged('aged', 'c-1', review);
  const first = await outbox.oldestSeconds();
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(60);
  await judged('younger', 'c-1', review);
  expect(await outbox.oldestSeconds()).toBeGreaterThan(first);
});

test('one publisher at a time holds the lock, and gives it back however often it took it', async () => {
  const other = await database.connect('tap_publisher');
  const rival = new PostgresOutbox(other as never);
  expect([await outbox.lock(), await outbox.lock(), await rival.lock()]).toEqual([true, true, false]);
  await outbox.unlock();
  expect(await rival.lock()).toBe(true);
  await other.end(); // a publisher that ends gives it back as well
  for (let free = false; !free; ) free = await outbox.lock();
  await outbox.unlock();
});

test('the publisher may mark alerts as published, and nothing else', async () => {
  const refused = (sql: string) => expect(publisher.query(sql)).rejects.toThrow('permission denied');
  await refused("UPDATE tap.alert_outbox SET content = '{}'");
  await refused('DELETE FROM tap.alert_outbox');
  await refused("INSERT INTO tap.alert_outbox (content) VALUES ('{}')");
  await refused('SELECT FROM tap.transactions');
  await refused('SELECT FROM tap.verdicts');
  await refused('SELECT FROM tap.audit_log');
});
