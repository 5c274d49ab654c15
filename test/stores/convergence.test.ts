import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type RedisClientType } from '@redis/client';
import fc from 'fast-check';
import type { Client } from 'pg';
import { createCertificates } from '../../local/services/certificates';
import { Children } from '../../local/services/children';
import { preparePython } from '../../local/services/python';
import { startValkey } from '../../local/services/valkey';
import { RedisConnection } from '../../processor/history/connection';
import { RedisHistoryStore } from '../../processor/history/redis';
import { processBatch } from '../../processor/pipeline';
import { rebuild } from '../../processor/rebuild';
import { PostgresStore } from '../../processor/store/postgres';
import { RebuildPostgresStore } from '../../processor/store/rebuild-store';
import type { Transaction, Verdict } from '../../processor/types';
import { type MigratedDatabase, startMigratedDatabase } from '../helpers/migrated-database';
import { bruteForce } from '../helpers/oracle';
import { batchesOf, judges, PLAIN_POLICY, type Scenario, scenarios, work } from '../helpers/scenarios';
import { HOUR, T0 } from '../helpers/transactions';

const SCENARIOS = 1_000;
/** Workers of a scenario, and scenarios at a time. */
const WORKERS = 3;
const AT_A_TIME = 3;
/** Histories are kept for longer than the scenarios last: nothing in them is too late to be judged on all. */
const KEPT_MS = 50 * HOUR;

type Stores = Parameters<typeof processBatch>[1];

/** What works off one scenario at a time, and reads what it came to. */
interface Lane {
  workers: Pick<Stores, 'store' | 'history'>[];
  reader: Client;
}

let children: Children;
let database: MigratedDatabase;
let admin: RedisClientType;
let restorer: { store: RebuildPostgresStore; history: RedisHistoryStore };
const lanes: Lane[] = [];
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  const { valkeyServer } = await preparePython({ log: console.log });
  children = await Children.create();
  const certificates = await createCertificates();
  const valkey = await startValkey(children, valkeyServer, certificates);
  await valkey.setUser('worker', 'on ~* +@all');
  database = await startMigratedDatabase();
  const address = {
    host: 'localhost',
    port: valkey.port,
    username: 'worker',
    password: 'token',
    ca: certificates.authority,
  };
  const historyFor = (store: Pick<PostgresStore, 'beginGeneration'>) =>
    new RedisHistoryStore({
      connect: async () => {
        const connection = await RedisConnection.open(address);
        ends.push(() => connection.close());
        return connection;
      },
      beginGeneration: (known) => store.beginGeneration(known),
      allowedLatenessMs: KEPT_MS - 24 * HOUR,
    });
  const clientFor = async (user: 'tap_processor' | 'tap_operator') => {
    const client = await database.connect(user);
    ends.push(() => client.end());
    return client as never;
  };
  for (let i = 0; i < AT_A_TIME; i++) {
    const workers = [];
    for (let worker = 0; worker < WORKERS; worker++) {
      const store = new PostgresStore(await clientFor('tap_processor'));
      workers.push({ store, history: historyFor(store) });
    }
    lanes.push({ workers, reader: await clientFor('tap_operator') });
  }
  const store = new RebuildPostgresStore(await clientFor('tap_operator'));
  restorer = { store, history: historyFor(store) };
  admin = createClient({
    socket: { host: 'localhost', port: valkey.port, tls: true, ca: certificates.authority },
    username: 'worker',
    password: 'token',
  }) as RedisClientType;
  await admin.connect();
}, 120_000);

afterAll(async () => {
  admin.destroy();
  for (const end of ends) await end();
  await database.stop();
  await children.stop();
});

/** The scenario with ids and entities of its own, so that many can share the servers. */
function apart(scenario: Scenario, number: number): Scenario {
  const own = <K extends keyof Transaction>(t: Transaction, ...keys: K[]) =>
    Object.fromEntries(keys.filter((key) => t[key] !== undefined).map((key) => [key, `${number}.${t[key]}`]));
  const transactions = scenario.transactions.map((t) => ({
    ...t,
    ...own(t, 'transactionId', 'customerId', 'paymentToken', 'deviceId'),
    ...(t.ipAddress !== undefined && { ipAddress: `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}` }),
  }));
  return { ...scenario, transactions };
}

/** Works a scenario off; workers die before and after calls of either store, and go on anew. */
async function run(scenario: Scenario, { workers }: Lane): Promise<void> {
  const crashes = new Set(scenario.crashes);
  let calls = 0;
  const dying = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (_, name) => {
        const method = target[name as keyof T];
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          if (crashes.has(++calls)) throw new Error(`died before ${String(name)}`);
          const result = await method.apply(target, args);
          if (crashes.has(++calls)) throw new Error(`died after ${String(name)}`);
          return result;
        };
      },
    });
  const batches = batchesOf(scenario);
  await Promise.all(
    workers.map(({ store, history }) =>
      work(batches, () => {
        const dependencies = {
          store: dying(store),
          history: dying(history),
          policy: PLAIN_POLICY,
          judge: judges[scenario.judge],
          now: () => T0 + 1000 * HOUR,
        };
        return (batch) => processBatch(batch, dependencies);
      }),
    ),
  );
}

/** What PostgreSQL says of the scenario's transactions in the end. */
async function stored({ transactions }: Scenario, { reader }: Lane) {
  const { rows } = await reader.query<Verdict & { id: string; coverage: number }>(
    `SELECT transaction_id AS id, decision, score, reasons, coverage_seconds AS coverage FROM tap.current_verdicts
      WHERE transaction_id = ANY ($1)`,
    [transactions.map(({ transactionId }) => transactionId)],
  );
  return {
    verdicts: new Map(rows.map(({ id, decision, score, reasons }) => [id, { decision, score, reasons }])),
    coverage: [...new Set(rows.map(({ coverage }) => coverage))],
  };
}

/** The alerts that consumers of the outbox know in the end. */
async function told({ transactions }: Scenario, { reader }: Lane) {
  const { rows } = await reader.query<{ id: string; reasons: Verdict['reasons']; revisions: string }>(
    `SELECT DISTINCT ON (transaction_id) transaction_id AS id, content->'reasons' AS reasons,
        (SELECT string_agg(revision::text, ',' ORDER BY id) FROM tap.alert_outbox i WHERE i.transaction_id = o.transaction_id) AS revisions
      FROM tap.alert_outbox o WHERE transaction_id = ANY ($1) ORDER BY transaction_id, revision DESC`,
    [transactions.map(({ transactionId }) => transactionId)],
  );
  for (const { revisions } of rows) expect(revisions).toBe(Array.from(revisions.split(','), (_, i) => i + 1).join());
  return new Map(rows.map(({ id, reasons }) => [id, reasons]));
}

test('scenarios in which the cache is emptied end as brute force has them once it is rebuilt', async () => {
  const drawn = fc.sample(fc.tuple(scenarios, fc.nat(12)), { numRuns: 60, seed: 20260402 });
  const [lane] = lanes as [Lane];
  for (const [i, [scenario, wait]] of drawn.entries()) {
    const own = apart(scenario, SCENARIOS + i);
    const emptied = delay(wait).then(() => admin.flushAll());
    await Promise.all([run(own, lane), emptied]);
    await rebuild({ ...restorer, policy: PLAIN_POLICY, judge: judges[own.judge] }, KEPT_MS);
    const expected = bruteForce(own.transactions, judges[own.judge]);
    expect(await stored(own, lane)).toEqual({ verdicts: expected, coverage: [86_400] });
  }
}, 120_000);

test(`${SCENARIOS} scenarios end as brute force has them, in PostgreSQL and in the outbox`, async () => {
  const drawn = fc.sample(scenarios, { numRuns: SCENARIOS, seed: 20260401 }).map(apart);
  const queue = [...drawn];
  await Promise.all(
    lanes.map(async (lane) => {
      for (let scenario = queue.shift(); scenario !== undefined; scenario = queue.shift()) {
        await run(scenario, lane);
        const expected = bruteForce(scenario.transactions, judges[scenario.judge]);
        const { verdicts, coverage } = await stored(scenario, lane);
        expect({ verdicts, coverage }).toEqual({ verdicts: expected, coverage: [86_400] });
        expect(await told(scenario, lane)).toEqual(new Map([...expected].map(([id, { reasons }]) => [id, reasons])));
      }
    }),
  );
  const { rows } = await database.operator.query(
    `SELECT count(*)::integer AS n FROM tap.transactions WHERE split_part(transaction_id, '.', 1)::integer < ${SCENARIOS}`,
  );
  expect(rows).toEqual([{ n: drawn.reduce((sum, { transactions }) => sum + transactions.length, 0) }]);
}, 240_000);
