import { hash } from 'node:crypto';

/** Fingerprints of late: most identifiers come again, and a hash costs more than all else a record takes. */
const recent = new Map<string, number>();
const RECENT = 20_000;

/**
 * A 32-bit fingerprint of an identifier, from 1 to 2^32 - 1: what histories keep in place of an identifier. Two of a hundred
 * distinct identifiers coincide with a probability of 1 in 10^6.
 */
export function fingerprint(id: string): number {
  let print = recent.get(id);
  if (print === undefined) {
    print = hash('sha256', id, 'buffer').readUInt32LE(0) || 1;
    if (recent.size === RECENT) recent.clear();
    recent.set(id, print);
  }
  return print;
}
