/** An IPv4 address range. */
export interface Range {
  /** First address, as an unsigned 32-bit integer. */
  base: number;
  /** Bits of the network part, 0 to 32. */
  prefix: number;
}

const CIDR = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;

/** Reads `a.b.c.d/n`; undefined when it is malformed or its host bits are not all zero. */
export function parseRange(text: string): Range | undefined {
  const [, a, b, c, d, prefix] = (CIDR.exec(text) ?? []).map(Number);
  if (a === undefined || b === undefined || c === undefined || d === undefined || prefix === undefined) {
    return undefined;
  }
  if (Math.max(a, b, c, d) > 255 || prefix > 32) return undefined;
  const base = ((a * 256 + b) * 256 + c) * 256 + d;
  return base % 2 ** (32 - prefix) === 0 ? { base, prefix } : undefined;
}

export function formatRange({ base, prefix }: Range): string {
  return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join('.')}/${prefix}`;
}

/** Whether `inner` lies wholly in `outer`. */
export function contains(outer: Range, inner: Range): boolean {
  const end = (range: Range) => range.base + 2 ** (32 - range.prefix);
  return outer.base <= inner.base && end(inner) <= end(outer);
}

/**
 * The `index`-th of the equal parts that `bits` more network bits cut a range into.
 *
 * @throws RangeError when the range has no such part.
 */
export function part(range: Range, bits: number, index: number): Range {
  const prefix = range.prefix + bits;
  if (prefix > 32 || index < 0 || index >= 2 ** bits) {
    throw new RangeError(`${formatRange(range)} has no part ${index} of ${2 ** bits}`);
  }
  return { base: range.base + index * 2 ** (32 - prefix), prefix };
}
