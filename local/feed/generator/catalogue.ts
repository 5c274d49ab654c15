/** What a kind of shop sells: where, when and for how much. */
export interface Category {
  name: string;
  /** Typical amount in yen, and the spread of its logarithm. */
  medianYen: number;
  sigma: number;
  /** Share of all purchases at an hour of the day in Japan: `[night 0-5, morning 6-10, noon 11-13, afternoon 14-17, evening 18-23]`. */
  shares: readonly [number, number, number, number, number];
  /** Share of purchases over the web or the app; the others are made in a store. */
  online: number;
  merchants: number;
}

export const CATEGORIES: readonly Category[] = [
  { name: 'convenience_store', medianYen: 680, sigma: 0.5, shares: [8, 24, 22, 14, 14], online: 0, merchants: 400 },
  { name: 'supermarket', medianYen: 2600, sigma: 0.5, shares: [1, 8, 10, 18, 16], online: 0.1, merchants: 150 },
  { name: 'restaurant', medianYen: 1500, sigma: 0.6, shares: [3, 6, 26, 6, 16], online: 0.15, merchants: 300 },
  { name: 'transport', medianYen: 1200, sigma: 0.7, shares: [2, 16, 6, 8, 8], online: 0.6, merchants: 20 },
  { name: 'marketplace', medianYen: 3400, sigma: 0.8, shares: [20, 12, 14, 18, 22], online: 1, merchants: 200 },
  { name: 'apparel', medianYen: 5900, sigma: 0.6, shares: [4, 3, 5, 10, 9], online: 0.7, merchants: 120 },
  { name: 'cosmetics', medianYen: 3800, sigma: 0.5, shares: [3, 3, 4, 7, 7], online: 0.6, merchants: 80 },
  { name: 'books_and_media', medianYen: 1700, sigma: 0.5, shares: [6, 4, 4, 6, 8], online: 0.8, merchants: 40 },
  { name: 'games', medianYen: 980, sigma: 0.6, shares: [14, 3, 4, 6, 12], online: 1, merchants: 30 },
  { name: 'electronics', medianYen: 16800, sigma: 0.7, shares: [2, 2, 3, 6, 5], online: 0.6, merchants: 60 },
  { name: 'travel', medianYen: 21000, sigma: 0.5, shares: [2, 3, 3, 4, 5], online: 0.95, merchants: 25 },
];

/** No ordinary purchase exceeds this, yen: what is above is left to the patterns. */
export const MAX_ORDINARY_YEN = 98_000;

const DAY_PARTS = [6, 11, 14, 18, 24];
const JST_OFFSET_MS = 9 * 3_600_000;

/** Which of a category's `shares` holds at a time, milliseconds since 1970-01-01T00:00:00Z. */
export function dayPart(time: number): number {
  const hour = new Date(time + JST_OFFSET_MS).getUTCHours();
  return DAY_PARTS.findIndex((end) => hour < end);
}

/** The time as RFC 3339 in Japan Standard Time (UTC+9, no daylight saving). */
export function inJst(time: number): string {
  return new Date(time + JST_OFFSET_MS).toISOString().replace('Z', '+09:00');
}
