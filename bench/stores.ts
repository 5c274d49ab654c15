import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type RedisClientType } from '@redis/client';
import { Client, Pool } from 'pg';
import { createCertificates } from '../local/services/certificates';
import { Children } from '../local/services/children';
import { startPostgres } from '../local/services/postgres';
import { preparePython } from '../local/services/python';
import { startValkey } from '../local/services/valkey';
import { RedisHistoryStore } from '../processor/history/redis';
import { PostgresStore } from '../processor/store/postgres';
import type { Transaction } from '../processor/types';

const ROOT = join(__dirname, '..');

/** A Valkey and a PostgreSQL server of this run, empty, reached as the processor reaches its own. */
export interface Stores {
  redis: RedisClientType;
  database: Pool;
  history: RedisHistoryStore;
  store: PostgresStore;
  /** Empties both. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export async function startStores(): Promise<Stores> {
  const { valkeyServer } = await preparePython({ log: console.log });
  const children = await Children.create();
  const certificates = await createCertificates();
  const ssl = { ca: certificates.authority };
  const master = { username: 'master', password: 'Bench-only-1' };
  const postgres = await startPostgres(children, { master, certificates });
  await postgres.createDatabase('transactions');
  const address = { host: 'localhost', port: postgres.port, database: 'transactions', ssl };
  const owner = new Client({ ...address, user: master.username, password: master.password });
  await owner.connect();
  await owner.query('CREATE SCHEMA tap');
  await owner.query(readFileSync(join(ROOT, 'processor/migrations/0001_initial.sql'), 'utf8'));
  await owner.query(
    'CREATE UNLOGGED TABLE tap.plain (id text, content text); GRANT INSERT ON tap.plain TO tap_processor; GRANT SELECT ON tap.current_verdicts TO tap_processor',
  );

  const valkey = await startValkey(children, valkeyServer, certificates);
  await valkey.setUser('bench', 'on ~* +@all');
  const socket = { host: 'localhost', port: valkey.port, tls: true as const, ca: certificates.authority };
  const redis = createClient({ socket, username: 'bench', password: 'any' }) as RedisClientType;
  redis.on('error', (error) => console.error(error.message));
  await redis.connect();
  const database = new Pool({ ...address, user: 'tap_processor', max: 2 });
  database.on('error', () => undefined);
  return {
    redis,
    database,
    history: new RedisHistoryStore(redis),
    store: new PostgresStore(database as never),
    async clear() {
      await redis.flushAll('SYNC');
      await owner.query('TRUNCATE tap.transaction_ids, tap.transactions, tap.verdicts, tap.quarantine, tap.plain');
    },
    async stop() {
      redis.destroy();
      await database.end();
      await owner.end();
      await children.stop();
    },
  };
}

/** A fixed workload: a day's steady traffic of a shop, in order of event time, ids of 20 characters. */
export function workload(transactions: number, customers: number, start: number): Transaction[] {
  let state = 20260401;
  const random = (n: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const step = 86_400_000 / transactions;
  return Array.from({ length: transactions }, (_, i) => {
    const customer = random(customers);
    return {
      transactionId: `tx-bench-${String(i).padStart(11, 'x')}`,
      occurredAt: Math.floor(start + i * step),
      amount: 300 + random(30_000),
      currency: 'JPY',
      customerId: `customer-${customer}`,
      merchantId: `merchant-${random(500)}`,
      paymentToken: `token-${customer}-${random(2)}`,
      outcome: random(20) === 0 ? ('declined' as const) : ('approved' as const),
      orderId: `order-${i}`,
      ipAddress: `2001:db8::${(customer >> 1).toString(16)}`,
      deviceId: `device-${customer}`,
      location: { latitude: 35 + random(1000) / 1000, longitude: 139 + random(1000) / 1000 },
    };
  });
}
