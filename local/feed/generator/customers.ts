import { CITIES, type City } from './places';
import { Random } from './random';

/** Customers of the shop: at 1,000 transactions a minute each buys two or three times a day. */
export const CUSTOMERS = 600_000;

const DAY_MS = 86_400_000;

/** A customer with habits: what stays the same from one purchase to the next. */
export interface Customer {
  id: string;
  tokens: readonly string[];
  devices: readonly string[];
  /** IP address at home, shared with the one other customer of the household. */
  address: string;
  home: City;
  /** What the customer spends, as a multiple of the typical amount. */
  budget: number;
  emailHash: string;
  shippingAddressHash: string;
  /** Country of issuer and billing, ISO 3166-1 alpha-2. */
  country: string;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  accountCreatedAt: number;
}

/**
 * The customer of a number: a pure function, so that none is kept in memory.
 *
 * @param index from 0; numbers from CUSTOMERS on never buy by themselves and are left to the patterns
 * @param start when the traffic starts; accounts are from three months to eight years older
 */
export function customerAt(seed: number, index: number, start: number): Customer {
  const random = new Random(seed, 'customer', index);
  const household = new Random(seed, 'household', index >> 1);
  return {
    id: `cus_${random.hex(10)}`,
    tokens: Array.from({ length: random.chance(0.3) ? 2 : 1 }, () => `tok_${random.hex(12)}`),
    devices: Array.from({ length: random.chance(0.4) ? 2 : 1 }, () => `dev_${random.hex(12)}`),
    address: household.chance(0.5) ? benchmarkAddress(household) : documentationAddress(household),
    home: household.weighted(CITIES, ({ share }) => share),
    budget: random.logNormal(1, 0.4),
    emailHash: keyedHash(random),
    shippingAddressHash: keyedHash(household),
    country: random.chance(0.02) ? random.pick(['US', 'KR', 'TW', 'AU', 'GB']) : 'JP',
    accountCreatedAt: start - random.integer(90, 8 * 365) * DAY_MS - random.integer(0, DAY_MS),
  };
}

/**
 * 64 hexadecimal digits as a producer's keyed hash. One in which 13 decimal digits follow one another is drawn again: it
 * could pass for a card number, and a producer would salt it anew.
 */
function keyedHash(random: Random): string {
  for (;;) {
    const digits = random.hex(64);
    if (!/\d{13}/.test(digits)) return digits;
  }
}

/** An IPv4 address of 198.18.0.0/16, which belongs to nobody (RFC 2544). */
function benchmarkAddress(random: Random): string {
  return `198.18.${random.integer(0, 255)}.${random.integer(1, 254)}`;
}

/** An IPv6 address of 2001:db8::/32, which belongs to nobody (RFC 3849). */
export function documentationAddress(random: Random): string {
  return `2001:db8:${random.hex(4)}:${random.hex(4)}::${random.integer(1, 9)}`;
}
