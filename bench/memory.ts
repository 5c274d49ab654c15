import { createCertificates } from '../local/services/certificates';
import { Children } from '../local/services/children';
import { preparePython } from '../local/services/python';
import { startValkey } from '../local/services/valkey';
import { decode } from '../processor/decode';
import { RedisConnection } from '../processor/history/connection';
import { entitiesOf } from '../processor/history/history';
import { RedisHistoryStore } from '../processor/history/redis';
import { expiryMs } from '../processor/history/timeline';
import type { Transaction } from '../processor/types';
import { DAY, recordAt } from './workload';

const SHARE = 0.05;
const A_DAY = DAY.transactions * SHARE;
const AN_HOUR = A_DAY / 24;
/** Long enough for every history to have been trimmed, and then measured once an hour. */
const DAYS = 1.75;
const MEASURED_HOURS = 6;
const BATCH = 500;
const ALLOWED_LATENESS_MS = 3_600_000;
/** Customers in place of one who buys 14 times a day: each of them buys 1.2 times. */
const SELDOM = 12;

/**
 * Bytes that Valkey takes for a transaction in each of its four histories, keys, allocation and what waits to be trimmed
 * included, in the steady state of a day at the peak: where customers buy 14 times a day, and where they seldom come back and
 * most of it is overhead. Left out: replicas' buffers and fragmentation over days.
 */
export async function run() {
  const { valkeyServer } = await preparePython({ log: console.log });
  const children = await Children.create();
  try {
    const certificates = await createCertificates();
    const valkey = await startValkey(children, valkeyServer, certificates);
    await valkey.setUser('bench', 'on ~* +@all');
    const connect = () =>
      RedisConnection.open({
        host: 'localhost',
        port: valkey.port,
        username: 'bench',
        password: 'any',
        ca: certificates.authority,
      });
    const admin = await connect();
    children.beforeStop(async () => admin.close());
    const figures = {
      redisBytesPerEntry: await steadyState(connect, admin, (transaction) => transaction),
      redisBytesPerEntrySeldom: await steadyState(connect, admin, ofMoreCustomers),
    };
    console.log(`  14 transactions a customer and day: ${figures.redisBytesPerEntry} bytes an entity and transaction`);
    console.log(`  1.2 transactions a customer and day: ${figures.redisBytesPerEntrySeldom}`);
    return figures;
  } finally {
    await children.stop();
  }
}

async function steadyState(
  connect: () => Promise<RedisConnection>,
  admin: RedisConnection,
  change: (transaction: Transaction, index: number) => Transaction,
): Promise<number> {
  await admin.call(['FLUSHALL', 'SYNC']);
  const history = new RedisHistoryStore({
    connect,
    beginGeneration: async () => ({
      generation: { number: 1, completeAfter: Number.NEGATIVE_INFINITY },
      begun: true,
    }),
    allowedLatenessMs: ALLOWED_LATENESS_MS,
  });
  const before = await used(admin);
  const seen = new Map<string, number>();
  let measured = 0;
  for (let from = 0; from < DAYS * A_DAY; from += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i) => change(transactionAt(from + i), from + i));
    await history.append(batch);
    for (const transaction of batch)
      for (const { key } of entitiesOf(transaction)) seen.set(key, transaction.occurredAt);
    const left = DAYS * A_DAY - from - BATCH;
    if (left % AN_HOUR === 0 && left < MEASURED_HOURS * AN_HOUR) {
      await expire(admin, seen, (batch.at(-1) as Transaction).occurredAt);
      measured += ((await used(admin)) - before) / MEASURED_HOURS;
    }
  }
  return Math.round((measured / A_DAY / 4) * 10) / 10;
}

function transactionAt(index: number): Transaction {
  const decoded = decode(Buffer.from(recordAt(index, { share: SHARE })), Number.POSITIVE_INFINITY);
  if (!('transaction' in decoded)) throw new Error(`the workload's record ${index} is refused: ${decoded.detail}`);
  return decoded.transaction;
}

/** The same transaction of one of several customers in place of one. */
function ofMoreCustomers(transaction: Transaction, index: number): Transaction {
  const own = (id: string) => `${id}-${index % SELDOM}`;
  return {
    ...transaction,
    customerId: own(transaction.customerId),
    paymentToken: own(transaction.paymentToken),
    deviceId: own(transaction.deviceId as string),
    ipAddress: `${transaction.ipAddress}:${index % SELDOM}`,
  };
}

/** The run lasts a minute and not days: removes what would have expired by then. */
async function expire(admin: RedisConnection, seen: Map<string, number>, now: number): Promise<void> {
  const expired = [...seen].filter(([, at]) => at < now - expiryMs(ALLOWED_LATENESS_MS)).map(([key]) => key);
  for (const key of expired) seen.delete(key);
  if (expired.length > 0) await admin.call(['UNLINK', ...expired]);
}

async function used(admin: RedisConnection): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(String(await admin.call(['INFO', 'memory'])))?.[1]);
}
