import { layouts } from '../../../../processor/history/record';
import { distanceKm } from '../../../../processor/rules/impossible-travel';
import type { Verdict } from '../../../../processor/types';
import { approve, ask, read, some, stored } from '../../../helpers/erasures';
import { random } from '../../../helpers/household';
import { type MigratedDatabase, startMigratedDatabase } from '../../../helpers/migrated-database';
import { HOUR, T0 } from '../../../helpers/transactions';

jest.mock('../../../../processor/history/connect', () => ({
  openConnection: async () => ({ call: async () => null, close: () => undefined }),
}));

let database: MigratedDatabase;

beforeAll(async () => {
  database = await startMigratedDatabase();
}, 30_000);

afterAll(() => database.stop());

test.each([
  ['tap_operator', 'SELECT customer_id FROM tap.erasures'],
  ['tap_operator', 'SELECT FROM tap.erasure_transactions'],
  ['tap_operator', 'SELECT FROM tap.erasure_identifiers'],
  ['tap_operator', 'SELECT FROM tap.archive_keys'],
  ['tap_operator', "SELECT tap.archive_keys_of('{c}')"],
  ['tap_operator', "UPDATE tap.erasures SET state = 'approved'"],
  ['tap_operator', 'UPDATE tap.transactions SET customer_id = $$x$$'],
  ['tap_operator', 'SELECT tap.erase_run(e, 0) FROM (SELECT NULL::tap.erasures AS e) x'],
  ['tap_operator', "SELECT tap.erase_places('t', now(), now())"],
  ['tap_processor', 'SELECT tap.erase_next(1)'],
  ['tap_processor', 'SELECT FROM tap.archive_keys'],
  ['tap_publisher', 'SELECT tap.finish_erasure(1)'],
  ['tap_archiver', 'SELECT FROM tap.archive_keys'],
  ['tap_archiver', "SELECT tap.archive_keys_by('2026-04-01', '{}')"],
  ['tap_archiver', 'SELECT FROM tap.transactions'],
  ['tap_archiver', 'DELETE FROM tap.archive_keys'],
] as const)('%s may not: %s', async (user, sql) => {
  const client = await database.connect(user);
  await expect(client.query(sql)).rejects.toThrow('permission denied');
  await client.end();
});

test('runs that are a day apart have nothing in common any more, and what follows within a day has all', async () => {
  const transactions = some(3, (i) => ({
    occurredAt: T0 + (i * 24 * HOUR - Math.min(i, 1)),
    orderId: 'order-1',
    deviceId: 'device-r',
  }));
  await stored(database, transactions);
  await approve((await ask(transactions[0].customerId)).erasure);
  const names = (await read(database, transactions)).map(({ customerId, paymentToken, deviceId, orderId }) => [
    ...[customerId, paymentToken, deviceId, orderId],
  ]);
  expect(names[0]).toEqual(names[1]);
  expect(new Set(names.flat()).size).toBe(8);
  for (const name of names.flat()) expect(name).toMatch(/^erased\.[a-p]{32}$/);
});

test('places are as far apart as reasons say, whatever they say, and where none says so there are none', async () => {
  const next = random(3);
  const distances = Array.from({ length: 60 }, () => Math.round((next() < 0.2 ? 20_015.1 : next() * 20_015) * 10) / 10);
  const transactions = some(61, () => ({ location: { latitude: 90 * next(), longitude: 180 * next() } }));
  const verdicts = transactions.map((_, i): Verdict => {
    const distance = i % 7 === 3 ? undefined : distances[i - 1];
    const reasons = distance === undefined ? [] : [{ rule: 'impossible-travel', weight: 0, distanceKm: distance }];
    return { decision: 'review', score: 0, reasons };
  });
  await stored(database, transactions, verdicts);
  const still = some(3, () => ({ location: { latitude: 35.6, longitude: 139.7 } }));
  await stored(database, still);
  for (const [t] of [transactions, still]) await approve((await ask(t.customerId)).erasure);
  const places = (await read(database, transactions)).map((t) => ({
    kept: layouts.token.record(t),
    exact: t.location,
  }));
  const apart = places.slice(1).map(({ exact }, i) => {
    const from = places[i]?.kept as { latitude: number; longitude: number };
    const to = exact as { latitude: number; longitude: number };
    return Math.round(distanceKm(from.latitude, from.longitude, to.latitude, to.longitude) * 10) / 10;
  });
  expect(apart).toEqual(distances.map((distance, i) => ((i + 1) % 7 === 3 ? 0 : distance)));
  expect(places.every(({ exact }) => exact?.latitude === 0 && Math.abs(exact.longitude) <= 180)).toBe(true);
  expect((await read(database, still)).map(({ location }) => location)).toEqual([undefined, undefined, undefined]);
});

test('an account’s age stays where the verdict rests on it', async () => {
  const transactions = some(2, () => ({ accountCreatedAt: T0 - 77_777 }));
  const reasons = [{ rule: 'new-account-amount', weight: 0, ageMs: 77_777 }];
  await stored(database, transactions, [{ decision: 'review', score: 0, reasons }]);
  await approve((await ask(transactions[0].customerId)).erasure);
  expect((await read(database, transactions)).map(({ accountCreatedAt }) => accountCreatedAt)).toEqual([
    T0 - 77_777,
    undefined,
  ]);
});

test('what was replaced is vacuumed', async () => {
  const [t] = some(1, () => ({ occurredAt: T0 + 50 * 24 * HOUR }));
  await stored(database, [t]);
  const options = "SELECT reloptions FROM pg_class WHERE relname = 'transactions_20260521'";
  expect(await database.only(options)).toEqual([null]);
  await approve((await ask(t.customerId)).erasure);
  expect(await database.only(options)).toEqual([['autovacuum_vacuum_threshold=0', 'autovacuum_vacuum_scale_factor=0']]);
});

test('identifiers go out of texts as words of their own, whatever characters they have', async () => {
  const cases: [string, string[], string][] = [
    ['by cust.a-1, (cust.a-1) and xcust.a-1', ['cust.a-1'], 'by [erased], ([erased]) and xcust.a-1'],
    ['custXa-1 cust.a-12', ['cust.a-1'], 'custXa-1 cust.a-12'],
    ['2001:db8::1 and tok_9fQ', ['2001:db8::1', 'tok_9fQ'], '[erased] and [erased]'],
    ['entry 12 of c-1', ['12', 'c-1'], 'entry 12 of c-1'],
  ];
  for (const [given, identifiers, expected] of cases) {
    const master = await database.connectAsMaster();
    const { rows } = await master.query('SELECT tap.without($1, $2) AS text', [given, identifiers]);
    await master.end();
    expect(rows).toEqual([{ text: expected }]);
  }
});

test('a customer has one key, whoever asks first, until it is destroyed', async () => {
  const clients = await Promise.all([1, 2, 3, 4, 5, 6].map(() => database.connect('tap_archiver')));
  const keysOf = async (client: (typeof clients)[number], ...customers: string[]) =>
    new Map(
      (await client.query('SELECT * FROM tap.archive_keys_of($1)', [customers])).rows.map((row) => [
        row.customer_id,
        row.key,
      ]),
    );
  const answers = await Promise.all(
    clients.map((client, i) =>
      i % 2 === 0 ? keysOf(client, 'key-a', 'key-b', 'key-a') : keysOf(client, 'key-b', 'key-c'),
    ),
  );
  const all = answers.flatMap((answer) => [...answer].map(([customer, key]) => `${customer} ${key.toString('hex')}`));
  expect(new Set(all).size).toBe(3);
  const before = answers[0]?.get('key-a') as Buffer;
  expect(before).toHaveLength(32);

  await approve((await ask('key-a')).erasure);
  const after = await keysOf(clients[0] as never, 'key-a', 'key-b');
  expect(after.get('key-a')).not.toEqual(before);
  expect(after.get('key-b')).toEqual(answers[0]?.get('key-b'));
  for (const client of clients) await client.end();
});
