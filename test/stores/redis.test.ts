import { createClient, type RedisClientType } from '@redis/client';
import { createCertificates } from '../../local/services/certificates';
import { Children } from '../../local/services/children';
import { preparePython } from '../../local/services/python';
import { startValkey, type Valkey } from '../../local/services/valkey';
import { EXPIRY_SECONDS, RedisHistoryStore } from '../../processor/history/redis';
import type { Transaction } from '../../processor/types';
import { HOUR, T0, transaction } from '../helpers/transactions';

/** What `lib/cache.ts` grants; the tests of the stack hold it to this text. */
const ACCESS = 'on ~history:* -@all +get +getrange +set +eval';
const CUSTOMER = 'history:customer:customer-1';

let children: Children;
let valkey: Valkey;
let admin: RedisClientType;
let user: RedisClientType;
let store: RedisHistoryStore;

beforeAll(async () => {
  const { valkeyServer } = await preparePython({ log: console.log });
  children = await Children.create();
  const certificates = await createCertificates();
  valkey = await startValkey(children, valkeyServer, certificates);
  const connect = async (username: string, access: string) => {
    await valkey.setUser(username, access);
    const client = createClient({
      socket: { host: 'localhost', port: valkey.port, tls: true, ca: certificates.authority },
      username,
      password: 'token',
      disableOfflineQueue: true,
      disableClientInfo: true,
    }) as RedisClientType;
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  user = await connect('processor', ACCESS);
  admin = await connect('admin', 'on ~* +@all');
  store = new RedisHistoryStore(user);
}, 120_000);

afterAll(async () => {
  user.destroy();
  admin.destroy();
  await children.stop();
});

beforeEach(() => admin.flushAll());

const hourly = (from: number, to: number): Transaction[] =>
  Array.from({ length: to - from }, (_, i) =>
    transaction({ transactionId: `tx-${from + i}`, occurredAt: T0 + (from + i) * HOUR }),
  );
const ids = (records: readonly { transactionId: string }[] | undefined) => records?.map((r) => r.transactionId);

test('what is appended is read back with what was there, and the key expires by itself', async () => {
  await store.append(hourly(0, 2));
  const next = transaction({ transactionId: 'tx-2', occurredAt: T0 + 2 * HOUR, deviceId: 'd' });
  const snapshot = await store.append([next]);
  expect([...snapshot].map(([key, { records }]) => [key, ids(records)])).toEqual([
    [CUSTOMER, ['tx-0', 'tx-1', 'tx-2']],
    ['history:token:token-1', ['tx-0', 'tx-1', 'tx-2']],
    ['history:device:d', ['tx-2']],
  ]);
  for (const key of snapshot.keys()) {
    const left = await admin.ttl(key);
    expect(left > EXPIRY_SECONDS - 30 && left <= EXPIRY_SECONDS).toBe(true);
  }
});

test('reading adds nothing, and an unknown entity has no history', async () => {
  await store.append(hourly(0, 1));
  const snapshot = await store.read([transaction({ ipAddress: '192.0.2.1' })]);
  expect([...snapshot].map(([key, { records }]) => [key, ids(records)])).toEqual([
    [CUSTOMER, ['tx-0']],
    ['history:token:token-1', ['tx-0']],
    ['history:address:192.0.2.1', []],
  ]);
  expect(await admin.dbSize()).toBe(2);
});

test('concurrent batches lose nothing, and their readings are of one moment', async () => {
  const snapshots = await Promise.all(Array.from({ length: 20 }, (_, i) => store.append(hourly(i, i + 1))));
  const counts = snapshots.map((snapshot) => [...snapshot.values()].map(({ appended }) => appended));
  expect(counts.sort(([a = 0], [b = 0]) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => [i + 1, i + 1]));
});

test('a history is trimmed under those who append to it, once, and keeps its expiry', async () => {
  const snapshot = await store.append(hourly(0, 200));
  await store.append(hourly(200, 201));
  await admin.expire(CUSTOMER, 600);
  await store.trim(snapshot);
  const size = await admin.strLen(CUSTOMER);
  await store.trim(snapshot);
  expect(await admin.strLen(CUSTOMER)).toBe(size);
  expect(await admin.ttl(CUSTOMER)).toBeLessThanOrEqual(600);
  const timeline = (await store.read(hourly(200, 201))).get(CUSTOMER);
  expect(ids(timeline?.records)).toEqual(ids(hourly(144, 201)));
  expect(timeline?.appended).toBe(201);
});

test('a history that expired before it was trimmed stays away', async () => {
  const snapshot = await store.append(hourly(0, 200));
  await admin.del(CUSTOMER);
  await store.trim(snapshot);
  expect(await admin.exists(CUSTOMER)).toBe(0);
});

test.each([
  ['another key', ['EVAL', "return redis.call('GETRANGE', KEYS[1], 0, 1)", '1', 'other:1']],
  ['a command it does not use', ['DEL', CUSTOMER]],
  ['all keys', ['FLUSHALL']],
  ['the configuration', ['CONFIG', 'GET', '*']],
])('the processor may not touch %s', async (_, command) => {
  await expect(user.sendCommand(command)).rejects.toThrow(/NOPERM|ACL/);
});

test('without the server a call fails instead of waiting', async () => {
  const socket = { host: 'localhost', port: 1, tls: true as const, reconnectStrategy: false as const };
  const offline = createClient({ socket, disableOfflineQueue: true });
  offline.on('error', () => undefined);
  await expect(offline.connect()).rejects.toThrow(/ECONNREFUSED/);
  await expect(new RedisHistoryStore(offline as RedisClientType).append(hourly(0, 1))).rejects.toThrow(
    'The client is closed',
  );
});
