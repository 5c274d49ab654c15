import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { ClientBase, Pool } from 'pg';
import { defineOperation } from './operation';

/**
 * Confirmed fraud of a month, in yen, above which a merchant counts as fraud-exposed (不正顕在化加盟店) when three consecutive
 * months are (Credit Card Security Guidelines of the Japan Consumer Credit Association).
 */
export const EXPOSURE_YEN = 500_000;

/** Consecutive months that are looked at together. */
const WINDOW_MONTHS = 3;

/**
 * Months in view, the current one included. Chargebacks come up to 120 days after the payment, so the last four windows can still
 * grow.
 */
const MONTHS_IN_VIEW = 6;

/** Merchants that one answer holds; Lambda's answers end at 6 MB. */
const SHOWN = 1_000;

interface MonthOfFraud {
  /** Of the transactions' time in Asia/Tokyo, as 2026-11. */
  month: string;
  /** Minor units. */
  sum: number;
  /** Transactions. */
  count: number;
}

/** Confirmed fraud at a merchant in one currency. */
export interface MerchantFraud {
  merchantId: string;
  currency: string;
  /** The three consecutive months with the largest sum, of those in view: the first, the last, minor units, transactions. */
  from: string;
  to: string;
  sum: number;
  count: number;
  /** `sum` by 500,000 yen; null in other currencies, for which there is no threshold. */
  share: number | null;
  /** Whether each of three consecutive months in view is above 500,000 yen. */
  exposed: boolean;
  /** Every month in view. */
  months: MonthOfFraud[];
}

export interface MerchantsAtRisk {
  thresholdYen: number;
  /** Merchants with confirmed fraud in view, one for each currency. */
  total: number;
  /** The first 1,000 of them: yen before other currencies, by currency the largest sum first. */
  merchants: MerchantFraud[];
}

/** How close merchants are to 500,000 yen of confirmed fraud in three months, the closest first. */
export const merchantsAtRisk = defineOperation({
  by: 'operator',
  request: {},
  async run(_, { database }): Promise<MerchantsAtRisk> {
    const frauds = await fraudByMerchant(database, new Date());
    reportLargestShare(frauds);
    return { thresholdYen: EXPOSURE_YEN, total: frauds.length, merchants: frauds.slice(0, SHOWN) };
  },
});

/**
 * Sums what analysts have confirmed as fraud by merchant, currency and month of the transaction. Declined transactions cost nobody
 * anything and are left out, and so is a transaction whose last disposition is another one.
 *
 * @param now in whose month, Asia/Tokyo, the view ends
 */
export async function fraudByMerchant(database: Pool | ClientBase, now: Date): Promise<MerchantFraud[]> {
  const { rows } = await database.query<MonthOfFraud & { merchantId: string; currency: string }>(
    `SELECT merchant_id AS "merchantId", currency, to_char(occurred_at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM') AS month,
        sum(amount)::float8 AS sum, count(*)::integer AS count
      FROM tap.current_dispositions
      WHERE disposition = 'confirmed-fraud' AND outcome = 'approved'
        AND occurred_at >= $1::timestamp AT TIME ZONE 'Asia/Tokyo' AND occurred_at < $2::timestamp AT TIME ZONE 'Asia/Tokyo'
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    [`${monthOf(now, 1 - MONTHS_IN_VIEW)}-01`, `${monthOf(now, 1)}-01`],
  );
  const view = Array.from({ length: MONTHS_IN_VIEW }, (_, index) => monthOf(now, index + 1 - MONTHS_IN_VIEW));
  const merchants = Map.groupBy(rows, ({ merchantId, currency }) => JSON.stringify([merchantId, currency]));
  return [...merchants.values()].map((months) => fraudOf(months, view)).sort(byCurrencyAndSum);
}

/** Tells the metric how close the closest merchant is, in percent of 500,000 yen. */
export function reportLargestShare(frauds: readonly MerchantFraud[]): void {
  const largest = frauds.reduce((most, { share, sum }) => (share === null ? most : Math.max(most, sum)), 0);
  const metrics = new Metrics();
  metrics.addMetric('LargestMerchantFraud', MetricUnit.Percent, (largest * 100) / EXPOSURE_YEN);
  metrics.publishStoredMetrics();
}

/** The month `offset` months after that of `now` in Asia/Tokyo, as 2026-11. */
function monthOf(now: Date, offset: number): string {
  const tokyo = new Date(now.getTime() + 9 * 3_600_000); // UTC+9, without daylight saving
  return new Date(Date.UTC(tokyo.getUTCFullYear(), tokyo.getUTCMonth() + offset)).toISOString().slice(0, 7);
}

function fraudOf(
  rows: readonly (MonthOfFraud & { merchantId: string; currency: string })[],
  view: readonly string[],
): MerchantFraud {
  const [{ merchantId, currency }] = rows as [(typeof rows)[number]];
  const months = view.map((month) => {
    const { sum = 0, count = 0 } = rows.find((row) => row.month === month) ?? {};
    return { month, sum, count };
  });
  const windows = months.slice(WINDOW_MONTHS - 1).map((_, first) => months.slice(first, first + WINDOW_MONTHS));
  const [largest] = windows
    .map((window) => ({
      from: window[0]?.month as string,
      to: window.at(-1)?.month as string,
      sum: window.reduce((total, { sum }) => total + sum, 0),
      count: window.reduce((total, { count }) => total + count, 0),
    }))
    .sort((a, b) => b.sum - a.sum || (a.to < b.to ? 1 : -1)) as [Pick<MerchantFraud, 'from' | 'to' | 'sum' | 'count'>];
  const yen = currency === 'JPY';
  return {
    merchantId,
    currency,
    ...largest,
    share: yen ? largest.sum / EXPOSURE_YEN : null,
    exposed: yen && windows.some((window) => window.every(({ sum }) => sum > EXPOSURE_YEN)),
    months,
  };
}

function byCurrencyAndSum(a: MerchantFraud, b: MerchantFraud): number {
  const currencies = Number(b.currency === 'JPY') - Number(a.currency === 'JPY') || compare(a.currency, b.currency);
  return currencies || b.sum - a.sum || compare(a.merchantId, b.merchantId);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
