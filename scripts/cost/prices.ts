import table from './prices.json';

/** A list price in ap-northeast-1, on demand, without tax, free tier and reservations. */
export interface Price {
  /** USD a unit. */
  usd: number;
  /** What the price is for, such as a shard-hour. */
  unit: string;
  /** What AWS calls it on a bill. */
  usageType: string;
  /** Where AWS publishes it. */
  page: string;
  /** Day on which it was read from AWS's price list, as far as that can be shown; null for an estimate. */
  checked: string | null;
  note?: string;
}

/** Day of the table. */
export const PRICES_DATE: string = table.date;

export const PRICES: Readonly<Record<string, Price>> = table.prices;

/** @throws RangeError for what the table does not hold */
export function priceOf(name: string): Price {
  const price = PRICES[name];
  if (price === undefined)
    throw new RangeError(`scripts/cost/prices.json has no price ${name}: add it, with its source`);
  return price;
}
