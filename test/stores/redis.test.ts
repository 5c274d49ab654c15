import { coverageOf, type Generation, placeOf } from '../../processor/history/history';
import { refOf } from '../../processor/history/record';
import { RedisHistoryStore } from '../../processor/history/redis';
import { REPLACE } from '../../processor/history/scripts';
import type { Timeline } from '../../processor/history/timeline';
import type { Transaction } from '../../processor/types';
import { HOUR, T0, transaction } from '../helpers/transactions';
import { type ValkeyAddress, type ValkeyServer, ValkeyServers } from '../helpers/valkey-servers';

/** What `lib/cache.ts` grants; the tests of the stack hold it to this text. */
const ACCESS = 'on ~history:* -@all +get +mget +getrange +set +eval +info';
const CUSTOMER = 'history:2:customer:customer-1';
const MARKER = 'history:generation';
const EXPIRY_SECONDS = 25 * 3600 + 300;

jest.setTimeout(30_000); // a busy machine takes seconds for hundreds of calls

let servers: ValkeyServers;
let valkey: ValkeyServer;
let address: ValkeyAddress;
const generations: Generation[] = [];

/** A worker with a connection of its own; PostgreSQL's part is played by `generations`. */
function worker(): RedisHistoryStore {
  return new RedisHistoryStore({
    connect: () => address.connect('processor'),
    async beginGeneration(known) {
      const begun = known >= generations.length;
      if (begun) generations.push({ number: generations.length + 1, completeAfter: T0 - generations.length * HOUR });
      return { generation: generations.at(-1) as Generation, begun };
    },
    allowedLatenessMs: HOUR,
  });
}

beforeAll(async () => {
  servers = await ValkeyServers.create({ processor: ACCESS });
  valkey = await servers.start('valkey');
  address = await servers.address(valkey.port);
}, 120_000);

afterAll(() => servers?.stop());

beforeEach(async () => {
  await valkey.admin.call(['FLUSHALL']);
  generations.length = 0;
});

const hourly = (from: number, to: number): Transaction[] =>
  Array.from({ length: to - from }, (_, i) =>
    transaction({ transactionId: `tx-${from + i}`, occurredAt: T0 + (from + i) * HOUR }),
  );
const command = async (...words: string[]) => valkey.admin.call(words);
/** The hours whose transactions a timeline holds. */
const hoursIn = (timeline: Timeline | undefined, all: readonly Transaction[]) =>
  all.filter(({ occurredAt, transactionId }) =>
    timeline
      ?.before(refOf(transaction({ transactionId: `${transactionId}-`, occurredAt })), () => transactionId)
      .some((record) => record.occurredAt === occurredAt),
  ).length;

test('what is appended is read back with what was there, and the key expires by itself', async () => {
  const store = worker();
  await store.append(hourly(0, 2));
  const { generation, timelines } = await store.append([
    transaction({ transactionId: 'tx-2', occurredAt: T0 + 2 * HOUR, deviceId: 'd' }),
  ]);
  expect(generation).toEqual({ number: 1, completeAfter: T0 });
  expect([...timelines].map(([key, { appended }]) => [key, appended])).toEqual([
    [CUSTOMER, 3],
    ['history:2:token:token-1', 3],
    ['history:2:device:d', 1],
  ]);
  for (const key of timelines.keys()) {
    const left = Number(await command('TTL', key));
    expect(left > EXPIRY_SECONDS - 30 && left <= EXPIRY_SECONDS).toBe(true);
  }
  expect(await command('TTL', MARKER)).toBe(-1);
});

test('reading adds nothing, and an unknown entity has no history', async () => {
  const store = worker();
  await store.append(hourly(0, 1));
  const { timelines } = await store.read([transaction({ ipAddress: '192.0.2.1' })]);
  expect([...timelines].map(([key, { appended }]) => [key, appended])).toEqual([
    [CUSTOMER, 1],
    ['history:2:token:token-1', 1],
    ['history:2:address:192.0.2.1', 0],
  ]);
  expect(await command('DBSIZE')).toBe(3);
  expect((await store.read([])).generation.number).toBe(1);
});

test('a batch of the most records that Lambda hands over gives each entity its own', async () => {
  const store = worker();
  const all = Array.from({ length: 10_000 }, (_, i) =>
    transaction({ transactionId: `tx-${i}`, customerId: `c-${i}`, paymentToken: `t-${i % 2_500}`, amount: i }),
  );
  await store.append(all.slice(0, 1));
  const { timelines } = await store.append(all);
  const amounts = (i: number) => timelines.get(`history:2:customer:c-${i}`)?.before(refOf(after(i)), String);
  const after = (i: number) => transaction({ transactionId: 'z', occurredAt: T0 + 1, customerId: `c-${i}` });
  expect(all.map((_, i) => amounts(i)?.map(({ amount }) => amount))).toEqual(all.map((_, i) => [i]));
  expect(all.map((_, i) => timelines.get(`history:2:token:t-${i % 2_500}`)?.appended)).toEqual(all.map(() => 4));
});

test('concurrent workers lose nothing, and their readings are of one moment', async () => {
  const workers = [worker(), worker(), worker(), worker()];
  await workers[0]?.read([]);
  const snapshots = await Promise.all(
    hourly(0, 40).map((t, i) => (workers[i % workers.length] as RedisHistoryStore).append([t])),
  );
  const counts = snapshots.map(({ timelines }) => [...timelines.values()].map(({ appended }) => appended));
  expect(counts.sort(([a = 0], [b = 0]) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => [i + 1, i + 1]));
  expect(generations).toHaveLength(1);
});

describe('trimming', () => {
  /** A timeline's parts that trimming changes: how many were ever appended, through when they are gone, and what is there. */
  const partsOf = (timeline: Timeline | undefined, all: readonly Transaction[]) => [
    timeline?.appended,
    timeline?.trimmedThrough,
    hoursIn(timeline, all),
  ];

  test('drops what no transaction within the allowed lateness can need when something is appended', async () => {
    const store = worker();
    await store.append(hourly(0, 30));
    const all = hourly(0, 31);
    const { timelines } = await store.append(all.slice(30));
    for (const timeline of timelines.values()) expect(partsOf(timeline, all)).toEqual([31, T0 + 5 * HOUR, 25]);
    expect(partsOf((await store.read(all)).timelines.get(CUSTOMER), all)).toEqual([31, T0 + 5 * HOUR, 25]);
    const again = [...all, ...hourly(33, 34)];
    expect(partsOf((await store.append(again.slice(31))).timelines.get(CUSTOMER), again)).toEqual([
      32,
      T0 + 8 * HOUR,
      23,
    ]);
  });

  test('does nothing for who only reads, or arrives late', async () => {
    const store = worker();
    await store.append(hourly(0, 40));
    const all = [...hourly(0, 40), transaction({ transactionId: 'late', occurredAt: T0 + 20 * HOUR + 1 })];
    const { timelines } = await store.append(all.slice(40));
    expect(partsOf(timelines.get(CUSTOMER), all)).toEqual([41, Number.NEGATIVE_INFINITY, 41]);
  });

  test('leaves what the oldest of a batch takes that is in time, in the histories of all', async () => {
    const store = worker();
    await store.append(hourly(0, 30));
    const other = (id: string, hour: number) =>
      transaction({ transactionId: id, customerId: 'other', paymentToken: 'other', occurredAt: T0 + hour * HOUR });
    const all = [...hourly(0, 30), ...hourly(40, 41)];
    const read = async (batch: Transaction[]) => partsOf((await store.append(batch)).timelines.get(CUSTOMER), all);
    // One of another customer may still arrive behind what this one did at 28 hours: that is judged on all from 4 hours on.
    expect(await read([other('a', 28), ...all.slice(30)])).toEqual([31, T0 + 3 * HOUR, 27]);
    // Here it is more than the allowed lateness behind the one before it.
    const later = hourly(41, 42);
    expect(await read([...later, other('b', 28)])).toEqual([32, T0 + 16 * HOUR, 14]);
  });

  test('is not moved by one misdated record', async () => {
    const store = worker();
    await store.append(hourly(0, 20));
    await store.append(hourly(1000, 1001));
    const { timelines } = await store.append(hourly(20, 21));
    expect(partsOf(timelines.get(CUSTOMER), hourly(0, 21))).toEqual([22, Number.NEGATIVE_INFINITY, 21]);
    // Two of them are the new time.
    await store.append(hourly(1001, 1002));
    const later = await store.append(hourly(1002, 1003));
    expect(partsOf(later.timelines.get(CUSTOMER), hourly(0, 21))).toEqual([24, T0 + 19 * HOUR, 1]);
  });

  test('reads every form of record', async () => {
    const forms: Partial<Transaction>[] = [
      {},
      { orderId: 'order-1', location: { latitude: 35, longitude: 139 } },
      { amount: 1e12, currency: 'USD', outcome: 'declined' },
      { amount: 127, orderId: 'order-1' },
      { amount: 128, currency: 'USD', location: { latitude: 35, longitude: 139 } },
    ];
    // Near times, and times before the short form's.
    for (const start of [T0, Date.UTC(1999, 0)]) {
      await command('FLUSHALL');
      const store = worker();
      const all = Array.from({ length: 100 }, (_, i) =>
        transaction({
          deviceId: 'd',
          ipAddress: '192.0.2.1',
          ...forms[i % forms.length],
          transactionId: `tx-${i}`,
          occurredAt: start + i * HOUR,
        }),
      );
      for (const [i, t] of all.entries()) {
        const { timelines } = await store.append([t]);
        const through = i < 25 ? Number.NEGATIVE_INFINITY : start + (i - 25) * HOUR;
        for (const timeline of timelines.values())
          expect(partsOf(timeline, all)).toEqual([i + 1, through, Math.min(i + 1, 25)]);
      }
    }
  });

  test('between the times of both forms', async () => {
    const start = Date.UTC(2025, 0) - 50 * HOUR;
    const store = worker();
    const all = Array.from({ length: 100 }, (_, i) =>
      transaction({ transactionId: `tx-${i}`, occurredAt: start + i * HOUR }),
    );
    for (const t of all) await store.append([t]);
    const { timelines } = await store.read(all);
    expect(partsOf(timelines.get(CUSTOMER), all)).toEqual([100, start + 74 * HOUR, 25]);
  });

  test('under concurrency loses nothing and counts everything', async () => {
    const workers = [worker(), worker(), worker()];
    await workers[0]?.read([]);
    const all = hourly(0, 240);
    await Promise.all(
      workers.map(async (store, lane) => {
        for (let i = lane; i < all.length; i += workers.length) await store.append([all[i] as Transaction]);
      }),
    );
    const snapshot = await (workers[0] as RedisHistoryStore).append(hourly(240, 241));
    for (const timeline of snapshot.timelines.values()) {
      expect(timeline.appended).toBe(241);
      expect(hoursIn(timeline, all.slice(-24))).toBe(24);
      // Those that arrived behind others wait for them.
      expect(timeline.trimmedThrough).toBeGreaterThan(T0 + 200 * HOUR);
      expect(timeline.trimmedThrough).toBeLessThanOrEqual(T0 + 215 * HOUR);
    }
  });
});

describe('restoring', () => {
  test('puts back what is missing where it belongs, and nothing twice', async () => {
    const store = worker();
    await store.append([...hourly(2, 3), ...hourly(9, 10)]);
    expect(await store.restore(hourly(0, 5))).toBe(8);
    expect(await store.restore(hourly(3, 8))).toBe(6);
    expect(await store.restore(hourly(0, 10))).toBe(2);
    expect(await store.restore(hourly(0, 10))).toBe(0);
    const { timelines } = await store.read(hourly(0, 1));
    for (const timeline of timelines.values()) {
      expect([timeline.appended, hoursIn(timeline, hourly(0, 10))]).toEqual([10, 10]);
      expect(hourly(0, 10).some((t) => timeline.isLate({ ...t, print: 0 }))).toBe(false);
    }
    expect(Number(await command('TTL', CUSTOMER))).toBeGreaterThan(EXPIRY_SECONDS - 30);
  });

  test('puts nothing back that was dropped', async () => {
    const store = worker();
    await store.append(hourly(0, 30));
    await store.append(hourly(30, 31));
    expect(await store.restore(hourly(0, 31))).toBe(0);
  });

  test('replaces only what still is as it was read', async () => {
    const store = worker();
    await store.append(hourly(0, 3));
    const user = await address.connect('processor');
    const [whole, marker] = await Promise.all([user.call(['GET', CUSTOMER]), user.call(['GET', MARKER])]);
    const beginning = (whole as Buffer).subarray(0, 13);
    const replace = (from: Buffer | string, to: string) =>
      user.call(['EVAL', REPLACE, '2', MARKER, CUSTOMER, marker as Buffer, '60', from, to]);
    expect(await replace('', 'a')).toEqual([0]);
    expect(await replace('another beginning', 'a')).toEqual([0]);
    expect(await user.call(['GET', CUSTOMER])).toEqual(whole);
    expect(await replace(beginning, 'a')).toEqual([1]);
    expect(await user.call(['GET', CUSTOMER])).toEqual(
      Buffer.concat([Buffer.from('a'), (whole as Buffer).subarray(13)]),
    );
    user.close();
  });

  test('while others append and trim loses nothing', async () => {
    const [store, other] = [worker(), worker()];
    await store.read([]);
    await Promise.all([
      store.restore(hourly(50, 80)),
      (async () => {
        for (const t of hourly(80, 120)) await other.append([t]);
      })(),
    ]);
    const timeline = (await store.read(hourly(0, 1))).timelines.get(CUSTOMER) as Timeline;
    expect(timeline.appended).toBe(70);
    expect(hoursIn(timeline, hourly(95, 120))).toBe(25);
  });
});

describe('what the cache loses is noticed', () => {
  test('when it was emptied', async () => {
    const store = worker();
    await store.append(hourly(0, 2));
    await command('FLUSHALL');
    const x = transaction({ transactionId: 'x', occurredAt: T0 + 5 * HOUR });
    const snapshot = await store.append([x]);
    expect(snapshot.generation).toEqual({ number: 2, completeAfter: T0 - HOUR });
    expect(placeOf(snapshot, x).timelines.map(({ appended }) => appended)).toEqual([1, 1]);
    expect(coverageOf(snapshot.generation, placeOf(snapshot, x).timelines, x)).toBe(6 * 3600);
    expect((await worker().read([])).generation.number).toBe(2);
  });

  test('by one worker, whose generation the others join', async () => {
    const workers = Array.from({ length: 5 }, worker);
    await Promise.all(workers.map((store) => store.append(hourly(0, 1))));
    expect(generations).toHaveLength(1);
    await command('FLUSHALL');
    const snapshots = await Promise.all(workers.map((store) => store.append(hourly(0, 1))));
    expect(snapshots.map(({ generation }) => generation.number)).toEqual([2, 2, 2, 2, 2]);
  });

  test('when whoever noticed it died before it marked the cache', async () => {
    generations.push({ number: 1, completeAfter: T0 });
    const snapshot = await worker().append(hourly(0, 1));
    // A generation that another began may have been lost as well.
    expect(snapshot.generation.number).toBe(2);
  });

  test.each([
    ['with nothing', false],
    ['with what it had saved', true],
  ])('when it was restarted %s', async (_, save) => {
    const store = worker();
    await store.append(hourly(0, 2));
    await valkey.restart({ save });
    const snapshot = await store.append(hourly(2, 3));
    expect(snapshot.generation.number).toBe(2);
    expect(snapshot.timelines.get(CUSTOMER)?.appended).toBe(save ? 3 : 1);
  });

  test('when it failed over to a replica that had not seen everything', async () => {
    const replica = await servers.start('replica');
    await replica.admin.call(['REPLICAOF', '127.0.0.1', String(valkey.port)]);
    const store = worker();
    await store.append(hourly(0, 2));
    while (!String(await replica.admin.call(['INFO', 'replication'])).includes('master_link_status:up'));
    while ((await replica.admin.call(['EXISTS', CUSTOMER])) !== 1);
    await replica.admin.call(['REPLICAOF', 'NO', 'ONE']);
    const before = await store.append(hourly(2, 3));
    expect([before.generation.number, before.timelines.get(CUSTOMER)?.appended]).toEqual([1, 3]);
    address.lead(replica.port);
    await expect(store.append(hourly(3, 4))).rejects.toMatchObject({ name: 'ConnectionError' });
    const snapshot = await store.append(hourly(3, 4));
    address.lead(valkey.port);
    expect([snapshot.generation.number, snapshot.timelines.get(CUSTOMER)?.appended]).toEqual([2, 3]);
  });

  test('and a replica that was not promoted refuses', async () => {
    const replica = await servers.start('follower');
    await replica.admin.call(['REPLICAOF', '127.0.0.1', String(valkey.port)]);
    while (!String(await replica.admin.call(['INFO', 'replication'])).includes('master_link_status:up'));
    const store = worker();
    await store.append(hourly(0, 1));
    address.lead(replica.port);
    await expect(store.append(hourly(1, 2))).rejects.toMatchObject({ name: 'ConnectionError' });
    await expect(store.append(hourly(1, 2))).rejects.toMatchObject({ name: 'RedisError', code: 'READONLY' });
    address.lead(valkey.port);
    expect((await store.append(hourly(1, 2))).timelines.get(CUSTOMER)?.appended).toBe(2);
  });
});

test('a generation advances only from the one it follows', async () => {
  const store = worker();
  const { generation } = await store.read([]);
  const next = { number: 7, completeAfter: Number.NEGATIVE_INFINITY };
  await store.advance({ ...generation, number: 3 }, next);
  expect((await store.read([])).generation).toEqual(generation);
  await store.advance(generation, next);
  expect((await store.read([])).generation).toEqual(next);
  expect((await worker().read([])).generation).toEqual(next);
});

test.each([
  ['another key', ['EVAL', "return redis.call('GETRANGE', KEYS[1], 0, 1)", '1', 'other:1']],
  ['a command it does not use', ['DEL', CUSTOMER]],
  ['all keys', ['FLUSHALL']],
  ['the configuration', ['CONFIG', 'GET', '*']],
])('the processor may not touch %s', async (_, words) => {
  const user = await address.connect('processor');
  await expect(user.call(words)).rejects.toMatchObject({ name: 'RedisError', code: 'NOPERM' });
  user.close();
});

describe('a connection that breaks', () => {
  test('in the middle of a batch fails it at once, and the next batch opens another', async () => {
    const store = worker();
    await store.append(hourly(0, 1));
    address.silent = true;
    const pending = [store.append(hourly(1, 2)), store.read(hourly(0, 1))];
    const settled = Promise.allSettled(pending);
    address.cut();
    address.silent = false;
    expect((await settled).map((result) => (result as PromiseRejectedResult).reason.name)).toEqual([
      'ConnectionError',
      'ConnectionError',
    ]);
    // Whether the first was done is not known; done twice, it counts once.
    expect((await store.append(hourly(1, 2))).timelines.get(CUSTOMER)?.appended).toBe(2);
  });

  test('without a server a batch fails instead of waiting', async () => {
    const store = worker();
    address.lead(1);
    await expect(store.append(hourly(0, 1))).rejects.toMatchObject({ name: 'ConnectionError' });
    address.lead(valkey.port);
    expect((await store.append(hourly(0, 1))).timelines.get(CUSTOMER)?.appended).toBe(1);
  });

  test('gives up where the server says nothing', async () => {
    const connection = await address.connect('processor');
    address.silent = true;
    await expect(connection.call(['GET', MARKER], 50)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    address.silent = false;
    expect(connection.usable).toBe(false);
    await expect(connection.call(['GET', MARKER])).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});
