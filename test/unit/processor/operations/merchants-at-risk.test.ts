import {
  fraudByMerchant,
  type MerchantFraud,
  type MerchantsAtRisk,
  reportLargestShare,
} from '../../../../processor/operations/merchants-at-risk';
import { arrival, invoke, type MigratedDatabase, startMigratedDatabase } from '../../../helpers/migrated-database';
import { transaction } from '../../../helpers/transactions';

/** 2026-09-30T23:30:00+09:00: in Tokyo the last month of the view is September, in UTC as well. */
const SEPTEMBER = new Date('2026-09-30T14:30:00Z');
/** Half an hour later in Tokyo it is October, in UTC still September. */
const OCTOBER = new Date('2026-09-30T15:00:00Z');

let database: MigratedDatabase;
let number = 0;

beforeAll(async () => {
  database = await startMigratedDatabase();
}, 30_000);

afterAll(() => database.stop());

const record = (transactionId: string, disposition = 'confirmed-fraud') =>
  invoke({ action: 'disposition-add', transactionId, disposition, analyst: 'alice', note: 'chargeback' });

/** A payment that was confirmed as fraud. */
async function fraud(merchantId: string, occurredAt: string, amount: number, changes: object = {}): Promise<string> {
  const transactionId = `${merchantId}-${number++}`;
  const payment = { transactionId, merchantId, occurredAt: Date.parse(occurredAt), amount, ...changes };
  await database.store.accept([arrival(transaction(payment))], []);
  await record(transactionId);
  return transactionId;
}

const of = async (merchantId: string, now: Date): Promise<MerchantFraud[]> =>
  (await fraudByMerchant(database.operator as never, now)).filter((found) => found.merchantId === merchantId);

test('months are those of Tokyo, to the second', async () => {
  await fraud('edge', '2026-06-30T23:59:59.999+09:00', 1);
  await fraud('edge', '2026-07-01T00:00:00+09:00', 20);
  await fraud('edge', '2026-07-31T23:59:59.999+09:00', 300);
  await fraud('edge', '2026-09-30T23:59:59.999+09:00', 4_000);
  await fraud('edge', '2026-10-01T00:00:00+09:00', 50_000);
  expect(await of('edge', SEPTEMBER)).toEqual([
    {
      merchantId: 'edge',
      currency: 'JPY',
      from: '2026-07',
      to: '2026-09',
      sum: 4_320,
      count: 3,
      share: 0.00864,
      exposed: false,
      months: [
        { month: '2026-04', sum: 0, count: 0 },
        { month: '2026-05', sum: 0, count: 0 },
        { month: '2026-06', sum: 1, count: 1 },
        { month: '2026-07', sum: 320, count: 2 },
        { month: '2026-08', sum: 0, count: 0 },
        { month: '2026-09', sum: 4_000, count: 1 },
      ],
    },
  ]);
  expect(await of('edge', OCTOBER)).toMatchObject([
    { from: '2026-08', to: '2026-10', sum: 54_000, count: 2, share: 0.108, months: { length: 6 } },
  ]);
});

test('the view begins and ends at midnight in Tokyo', async () => {
  await fraud('first', '2026-03-31T23:59:59.999+09:00', 1);
  await fraud('first', '2026-04-01T00:00:00+09:00', 20);
  await fraud('after', '2026-10-01T00:00:00+09:00', 300);
  expect(await of('first', SEPTEMBER)).toMatchObject([{ from: '2026-04', to: '2026-06', sum: 20 }]);
  expect(await of('after', SEPTEMBER)).toEqual([]);
});

test('the year ends between two of the months', async () => {
  await fraud('new-year', '2025-11-30T23:59:59+09:00', 1);
  await fraud('new-year', '2025-12-01T00:00:00+09:00', 20);
  await fraud('new-year', '2026-02-01T00:00:00+09:00', 300);
  const [found] = await of('new-year', new Date('2026-02-01T00:00:00+09:00'));
  expect(found).toMatchObject({ from: '2025-12', to: '2026-02', sum: 320 });
  expect(found?.months.map(({ month }) => month)).toEqual([
    ...['2025-09', '2025-10', '2025-11', '2025-12', '2026-01', '2026-02'],
  ]);
});

test('of the windows that chargebacks can still reach the largest counts, whatever the time of the confirmation', async () => {
  await fraud('late', '2026-05-15T12:00:00+09:00', 300_000);
  await fraud('late', '2026-07-15T12:00:00+09:00', 200_000);
  expect(await of('late', SEPTEMBER)).toMatchObject([
    { from: '2026-05', to: '2026-07', sum: 500_000, share: 1, exposed: false },
  ]);
  expect(await of('late', new Date('2026-10-31T12:00:00+09:00'))).toMatchObject([{ sum: 500_000 }]);
  expect(await of('late', new Date('2026-11-01T00:00:00+09:00'))).toMatchObject([{ sum: 200_000, to: '2026-09' }]);
});

test('each of three consecutive months above 500,000 yen makes a merchant fraud-exposed', async () => {
  await fraud('exposed', '2026-04-10T12:00:00+09:00', 500_001);
  await fraud('exposed', '2026-05-10T12:00:00+09:00', 500_001);
  await fraud('exposed', '2026-06-10T12:00:00+09:00', 500_000);
  expect(await of('exposed', SEPTEMBER)).toMatchObject([{ sum: 1_500_002, exposed: false }]);
  await fraud('exposed', '2026-06-11T12:00:00+09:00', 1);
  expect(await of('exposed', SEPTEMBER)).toMatchObject([{ sum: 1_500_003, share: 3.000006, exposed: true }]);
});

test('the last disposition counts, and only what was paid', async () => {
  const first = await fraud('withdrawn', '2026-09-01T12:00:00+09:00', 100_000);
  await fraud('withdrawn', '2026-09-02T12:00:00+09:00', 200_000);
  await fraud('withdrawn', '2026-09-03T12:00:00+09:00', 400_000, { outcome: 'declined', declineReason: 'stolen' });
  expect(await of('withdrawn', SEPTEMBER)).toMatchObject([{ sum: 300_000, count: 2 }]);
  await record(first, 'false-positive');
  expect(await of('withdrawn', SEPTEMBER)).toMatchObject([{ sum: 200_000, count: 1, share: 0.4 }]);
  await record(first);
  expect(await of('withdrawn', SEPTEMBER)).toMatchObject([{ sum: 300_000, count: 2 }]);
});

test('currencies are not mixed, and only yen has a threshold', async () => {
  await fraud('mixed', '2026-09-01T12:00:00+09:00', 90_000_000, { currency: 'USD' });
  await fraud('mixed', '2026-09-01T12:00:00+09:00', 5_000);
  expect(await of('mixed', SEPTEMBER)).toMatchObject([
    { currency: 'JPY', sum: 5_000, share: 0.01 },
    { currency: 'USD', sum: 90_000_000, share: null, exposed: false },
  ]);
});

test('the sum outlives the day it is of', async () => {
  await fraud('dropped', '2026-08-20T12:00:00+09:00', 70_000);
  await database.asMaster('DROP TABLE tap.transactions_20260820');
  expect(await of('dropped', SEPTEMBER)).toMatchObject([{ sum: 70_000 }]);
});

test('the closest to the threshold comes first, and the metric tells how close it is', async () => {
  Object.assign(process.env, { POWERTOOLS_DEV: 'true', POWERTOOLS_METRICS_DISABLED: 'false' });
  const lines = jest.spyOn(console, 'log').mockImplementation();
  const recently = new Date(Date.now() - 3_600_000).toISOString();
  await fraud('now', recently, 410_000);
  await fraud('now-less', recently, 20_000);
  const { thresholdYen, total, merchants } = (await invoke({ action: 'merchants-at-risk' })) as MerchantsAtRisk;
  const metrics = lines.mock.calls.map(([line]) => JSON.parse(line)).filter((line) => '_aws' in line);
  lines.mockRestore();
  expect(thresholdYen).toBe(500_000);
  expect(total).toBe(merchants.length);
  expect(merchants.filter(({ merchantId }) => merchantId.startsWith('now')).map(({ share }) => share)).toEqual([
    0.82, 0.04,
  ]);
  const shares = merchants.flatMap(({ share }) => share ?? []);
  expect(shares).toEqual([...shares].sort((a, b) => b - a));
  expect(metrics).toHaveLength(3);
  expect(metrics.at(-1)).toMatchObject({
    service: 'lambda-operations-test',
    LargestMerchantFraud: (merchants[0] as MerchantFraud).sum / 5_000,
  });
  expect(metrics.at(-1)._aws.CloudWatchMetrics[0].Dimensions).toEqual([['service']]);
});

test.each([
  ['exactly', [{ share: 0.07, sum: 35_000 }], 7],
  [
    'in yen only',
    [
      { share: null, sum: 90_000_000 },
      { share: 0.01, sum: 5_000 },
    ],
    1,
  ],
  ['where there is nothing', [], 0],
])('the metric is in percent of 500,000 yen, %s', (_, frauds, percent) => {
  const lines = jest.spyOn(console, 'log').mockImplementation();
  reportLargestShare(frauds as MerchantFraud[]);
  expect(lines.mock.calls.map(([line]) => JSON.parse(line).LargestMerchantFraud)).toEqual([percent]);
  lines.mockRestore();
});
