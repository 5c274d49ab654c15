import type { Transaction, Verdict } from '../../processor/types';
import { judgeAll } from '../helpers/brute-force';
import { invoke, type MigratedDatabase } from '../helpers/migrated-database';
import { startStores, type TestStores } from '../helpers/stores';
import { HOUR, MINUTE, T0, transaction } from '../helpers/transactions';

const open = jest.fn();
jest.mock('../../processor/history/connect', () => ({ openConnection: () => open() }));

const HOURS = 40;
const CUSTOMERS = 12;

let stores: TestStores;
let database: MigratedDatabase;

beforeAll(async () => {
  stores = await startStores(60);
  database = stores.database;
  open.mockImplementation(() => stores.address.connect('processor'));
}, 120_000);

afterAll(() => stores?.stop());

/** An hour of transactions, a token of each customer's in use by the next one as well. */
const hour = (h: number): Transaction[] =>
  Array.from({ length: CUSTOMERS * 2 }, (_, i) => {
    const customer = (h * 5 + i) % CUSTOMERS;
    return transaction({
      transactionId: `tx-${h}-${i}`,
      occurredAt: T0 + h * HOUR + i * MINUTE,
      amount: 1_000 + 1_000 * ((h * 7 + i * 3) % 60),
      customerId: `customer-${customer}`,
      paymentToken: `token-${(customer + (i % 2)) % CUSTOMERS}`,
      merchantId: `merchant-${i % 3}`,
      outcome: (h + i) % 6 === 0 ? 'declined' : 'approved',
      ipAddress: `192.0.2.${customer >> 1}`,
      deviceId: `device-${customer >> 2}`,
      location: { latitude: 35 + ((h * i) % 8), longitude: 135 },
    });
  });

test('a cache that was emptied is rebuilt while traffic flows, and verdicts end as if nothing had been', async () => {
  for (let h = 0; h < 26; h++) await stores.work(hour(h));
  await stores.valkey.admin.call(['FLUSHALL']);
  for (let h = 26; h < 30; h++) await stores.work(hour(h));
  const coverage = 'SELECT DISTINCT coverage_seconds FROM tap.current_verdicts WHERE coverage_seconds < 86400';
  expect((await database.only(coverage)).length).toBeGreaterThan(50);

  const [result] = await Promise.all([
    invoke({ action: 'rebuild' }),
    (async () => {
      for (let h = 30; h < HOURS; h++) await stores.work(hour(h));
    })(),
  ]);
  const { generation, restored, judgedAgain } = result as Record<string, number>;
  // What was lost, less what the traffic had left behind by then, in four histories each.
  expect(restored).toBeGreaterThan(10 * CUSTOMERS * 2 * 4);
  expect([generation, (judgedAgain as number) >= 4 * CUSTOMERS * 2]).toEqual([3, true]);
  expect(await database.only(coverage)).toEqual([]);

  const { rows } = await database.operator.query<Verdict & { id: string }>(
    "SELECT transaction_id AS id, decision, score, coalesce(reasons, '[]') AS reasons FROM tap.current_verdicts",
  );
  const all = Array.from({ length: HOURS }, (_, h) => hour(h)).flat();
  const expected = judgeAll(all.sort((a, b) => a.occurredAt - b.occurredAt));
  expect(new Map(rows.map(({ id, ...verdict }) => [id, verdict]))).toEqual(expected);
  expect([...expected.values()].filter(({ reasons }) => reasons.length > 0).length).toBeGreaterThan(20);

  expect(await invoke({ action: 'rebuild' })).toEqual({ generation: 3, restored: 0, judgedAgain: 0 });
}, 60_000);

test('where the cache is away a rebuild says so, and changes nothing', async () => {
  stores.address.lead(1);
  await expect(invoke({ action: 'rebuild' })).rejects.toMatchObject({ name: 'ConnectionError' });
  stores.address.lead(stores.valkey.port);
  expect(await database.only('SELECT max(number)::integer FROM tap.generations')).toEqual([3]);
});
