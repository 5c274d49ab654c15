import { hash } from 'node:crypto';
import type { Transaction } from '../../processor/types';
import { HOUR, MINUTE, T0, transaction } from './transactions';

/** Numbers from 0 up to 1, the same ones for a seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Letters and numbers that no card number is made of. */
const NAMES = ['amber', 'birch', 'cedar', 'delta', 'ember', 'frost', 'grove', 'heron'];
const CITIES = [
  [35.681236, 139.767125],
  [34.702485, 135.495951],
  [43.068661, 141.350755],
  [26.212401, 127.680932],
  [48.856614, 2.352222],
  [-33.86882, 151.20929],
] as const;

export const CUSTOMERS = NAMES.map((name) => `customer-${name}`);

/**
 * Four days of transactions of eight customers, with a day without any of most of them. Two and two share a device and a card at
 * times, all of them an office's address, and an address of one day is somebody else's on another.
 */
export function householdTraffic(seed: number): Transaction[] {
  const next = random(seed);
  const pick = <T>(values: readonly T[]) => values[Math.floor(next() * values.length)] as T;
  /** Of letters alone: digits may look like a card number. */
  const keyedHash = (text: string) =>
    hash('sha256', text).replace(/\d/g, (digit) => 'abcdefabcd'[Number(digit)] as string);
  const all: Transaction[] = [];
  for (const day of [0, 1, 3, 4]) {
    for (const [i, name] of NAMES.entries()) {
      const neighbour = NAMES[i ^ 1] as string;
      for (let n = Math.floor(next() * 14); n > 0; n--) {
        const shares = next() < 0.25;
        const declined = next() < 0.3;
        const [latitude, longitude] = pick(CITIES);
        all.push(
          transaction({
            transactionId: `tx-${name}-${day}-${n}`,
            // Minutes, so that some happen at once.
            occurredAt: T0 + day * 24 * HOUR + Math.floor(next() * 20 * 60) * MINUTE,
            amount: 100 + Math.floor(next() * 400_000),
            customerId: `customer-${name}`,
            paymentToken: shares
              ? `token-of-${[name, neighbour].sort().join('-and-')}`
              : `token-${name}-${pick(['a', 'b'])}`,
            merchantId: `merchant-${pick(['x', 'y'])}`,
            outcome: declined ? 'declined' : 'approved',
            ...(declined && { declineReason: `declined for ${name}` }),
            ...(next() < 0.7 && { orderId: `order-${name}-${pick(['k', 'l', 'm'])}` }),
            ...(next() < 0.8 && {
              deviceId: shares ? `device-of-${[name, neighbour].sort().join('-and-')}` : `device-${name}`,
            }),
            ...(next() < 0.9 && {
              ipAddress: pick([
                `2001:db8::${(i + 10).toString(16)}a`,
                `2001:db8:0:1::${((i + day) % 8) + 1}b`,
                '198.51.100.77',
              ]),
            }),
            ...(next() < 0.9 && { emailHash: keyedHash(`mail of ${name}`) }),
            ...(next() < 0.9 && { shippingAddressHash: keyedHash(`home of ${name}`) }),
            ...(next() < 0.8 && { location: { latitude: latitude + next() / 10, longitude: longitude + next() / 10 } }),
            ...(next() < 0.5 && {
              accountCreatedAt: T0 + day * 24 * HOUR - Math.floor(next() * 48 * 60) * MINUTE - 12_345,
            }),
            cardIssuerCountry: pick(['JP', 'FR']),
            shippingCountry: 'JP',
          }),
        );
      }
    }
  }
  return all;
}
