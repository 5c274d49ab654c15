import { fingerprint } from '../fingerprint';
import type {
  CustomerRecord,
  EntityKind,
  HistoryRecord,
  NamedRef,
  SharedRecord,
  TokenRecord,
  Transaction,
} from '../types';

/** The record type of each kind of entity. */
export interface RecordOf {
  customer: CustomerRecord;
  token: TokenRecord;
  device: SharedRecord;
  address: SharedRecord;
}

type Kept = CustomerRecord & TokenRecord & SharedRecord;

/** One kind of history: which entity of a transaction it is kept of, and what it keeps. */
interface Layout<R extends HistoryRecord> {
  /** The entity's id; undefined when the transaction names none. */
  entity(transaction: Transaction): string | undefined;
  /** What the history keeps of a transaction; a location to the precision it is packed with. */
  record(transaction: Transaction): R;
  /** What only this kind keeps, in up to two numbers of 24 bits. */
  own(record: R): readonly number[];
}

/*
 * A packed record is little-endian, 17 bytes where the amount is 16,384 to 2,097,151:
 * - 1 byte: bit 0 declined, bit 1 whether an extension follows, bits 2 to 7 the event time's bits 32 to 37
 * - 4 bytes: the event time's lower 32 bits, milliseconds since `EPOCH`
 * - 3 bytes: `print`
 * - 1 to 6 bytes: amount, seven bits a byte, the lowest first, bit 7 set where another follows
 * - extension, if any: 1 byte of flags, then what they announce
 * - 6 bytes: what only its kind keeps, less where the extension says so
 */

/** 2025-01-01T00:00:00Z: 38 bits of milliseconds from there last until 2033; other times take two bytes more. */
export const EPOCH = Date.UTC(2025, 0);
const TWO_32 = 2 ** 32;
/** The highest bits are never all set, so that no record begins with `MARK`. */
const NEAR_TIMES = 63 * TWO_32;

/** Where the amount begins. */
export const HEAD_BYTES = 8;
export const DECLINED = 1;
export const EXTENDED = 2;

/** Two bytes follow: the currency's three letters in base 26. Without it the currency is yen. */
export const OTHER_CURRENCY = 1;
/** Two bytes follow: bits 32 to 47 of the event time, which is then in milliseconds since 1970-01-01T00:00:00Z. */
export const FAR_TIME = 2;
/** Each says that three bytes are missing of what only its kind keeps: a customer's order, a token's location. */
export const ABSENT = 4;

/** First byte of the mark that a trimmed history begins with: no record begins with it. */
export const MARK = 0xff;
/**
 * The mark: `MARK`, the number of records that were trimmed (4 bytes), and the event time of the last of them plus 1: bits 32
 * to 47 (2 bytes), then the lower 32 bits (4 bytes).
 */
export const MARK_BYTES = 11;

/** Steps a range of degrees is divided into: 1.2 m of latitude, 2.4 m of longitude at the equator. */
const STEPS = 2 ** 24 - 1;

const customer: Layout<CustomerRecord> = {
  entity: ({ customerId }) => customerId,
  record: (transaction) => {
    const kept = keptOf(transaction);
    return { ...common(kept), merchant: kept.merchant, order: kept.order };
  },
  own: ({ merchant, order }) => (order === 0 ? [merchant] : [merchant, order]),
};

const token: Layout<TokenRecord> = {
  entity: ({ paymentToken }) => paymentToken,
  record: (transaction) => {
    const kept = keptOf(transaction);
    return { ...common(kept), latitude: kept.latitude, longitude: kept.longitude };
  },
  own: ({ latitude, longitude }) => (Number.isNaN(latitude) ? [] : [steps(latitude, 90), steps(longitude, 180)]),
};

function shared(entity: Layout<SharedRecord>['entity']): Layout<SharedRecord> {
  return {
    entity,
    record: (transaction) => {
      const kept = keptOf(transaction);
      return { ...common(kept), customer: kept.customer, token: kept.token };
    },
    own: (record) => [record.customer, record.token],
  };
}

/** Every kind of history. */
export const layouts: { readonly [K in EntityKind]: Layout<RecordOf[K]> } = {
  customer,
  token,
  device: shared(({ deviceId }) => deviceId),
  address: shared(({ ipAddress }) => ipAddress),
};

export const ENTITY_KINDS = Object.keys(layouts) as EntityKind[];

/** What histories know a transaction by. */
export function refOf({ transactionId, occurredAt }: Transaction): NamedRef {
  return { occurredAt, print: fingerprint(transactionId), transactionId };
}

/** What all kinds of history together keep of a transaction; a location to the precision it is packed with. */
export function keptOf(transaction: Transaction): Kept {
  const { occurredAt, amount, currency, orderId, location } = transaction;
  return {
    occurredAt,
    print: fingerprint(transaction.transactionId),
    amount,
    currency,
    declined: transaction.outcome === 'declined',
    merchant: fingerprint(transaction.merchantId),
    order: orderId === undefined ? 0 : fingerprint(orderId),
    latitude: location === undefined ? Number.NaN : degrees(steps(location.latitude, 90), 90),
    longitude: location === undefined ? Number.NaN : degrees(steps(location.longitude, 180), 180),
    customer: fingerprint(transaction.customerId),
    token: fingerprint(transaction.paymentToken),
  };
}

function common({ occurredAt, print, amount, currency, declined }: Kept): HistoryRecord {
  return { occurredAt, print, amount, currency, declined };
}

function steps(value: number, limit: number): number {
  return Math.round(((value + limit) / (2 * limit)) * STEPS);
}

function degrees(step: number, limit: number): number {
  return (step / STEPS) * 2 * limit - limit;
}

const packing = Buffer.alloc(32);

/** What each kind of history keeps of a transaction, packed; a device's and an address's keep the same. */
export function packAll(transaction: Transaction): Record<EntityKind, Buffer> {
  const kept = keptOf(transaction);
  const shared = packRecord('device', kept);
  return {
    customer: packRecord('customer', kept),
    token: packRecord('token', kept),
    device: shared,
    address: shared,
  };
}

/** Packs a record of a history of `kind`. */
export function packRecord<K extends EntityKind>(kind: K, record: RecordOf[K]): Buffer {
  const layout: Layout<RecordOf[K]> = layouts[kind];
  const { occurredAt, currency, declined } = record;
  const own = layout.own(record);
  const near = occurredAt >= EPOCH && occurredAt < EPOCH + NEAR_TIMES;
  const time = near ? occurredAt - EPOCH : occurredAt;
  const high = Math.floor(time / TWO_32);
  const extension = (currency === 'JPY' ? 0 : OTHER_CURRENCY) | (near ? 0 : FAR_TIME) | ((2 - own.length) * ABSENT);
  packing[0] = (declined ? DECLINED : 0) | (extension === 0 ? 0 : EXTENDED) | (near ? high << 2 : 0);
  packing.writeUInt32LE(time % TWO_32, 1);
  let end = packing.writeUIntLE(record.print, 5, 3);
  let amount = record.amount;
  for (; amount > 127; amount = Math.floor(amount / 128)) packing[end++] = (amount % 128) | 128;
  packing[end++] = amount;
  if (extension !== 0) {
    packing[end++] = extension;
    if (extension & OTHER_CURRENCY) end = packing.writeUInt16LE(packCurrency(currency), end);
    if (extension & FAR_TIME) end = packing.writeUInt16LE(high, end);
  }
  for (const number of own) end = packing.writeUIntLE(number, end, 3);
  return Buffer.from(packing.subarray(0, end));
}

/**
 * Unpacks all records of a history of `kind` from `offset` to the end, in order.
 *
 * @returns the records, and where each begins
 */
export function unpackRecords<K extends EntityKind>(
  kind: K,
  from: Buffer,
  offset: number,
): { records: RecordOf[K][]; offsets: number[] } {
  const records: RecordOf[EntityKind][] = [];
  const offsets: number[] = [];
  for (let at = offset; at < from.length; ) {
    offsets.push(at);
    const flags = from[at] as number;
    let occurredAt = EPOCH + (flags >> 2) * TWO_32 + (from[at + 4] as number) * 0x1000000 + three(from, at + 1);
    const print = three(from, at + 5);
    at += HEAD_BYTES;
    let amount = (from[at] as number) & 127;
    for (let unit = 128; (from[at++] as number) & 128; unit *= 128) amount += ((from[at] as number) & 127) * unit;
    let currency = 'JPY';
    let present = 2;
    if (flags & EXTENDED) {
      const extension = from[at++] as number;
      present -= Math.floor(extension / ABSENT);
      if (extension & OTHER_CURRENCY) {
        currency = unpackCurrency((from[at] as number) | ((from[at + 1] as number) << 8));
        at += 2;
      }
      if (extension & FAR_TIME) {
        occurredAt += ((from[at] as number) | ((from[at + 1] as number) << 8)) * TWO_32 - EPOCH;
        at += 2;
      }
    }
    const declined = (flags & DECLINED) !== 0;
    if (kind === 'customer') {
      const order = present === 2 ? three(from, at + 3) : 0;
      records.push({ occurredAt, print, amount, currency, declined, merchant: three(from, at), order });
    } else if (kind === 'token') {
      const latitude = present === 2 ? degrees(three(from, at), 90) : Number.NaN;
      const longitude = present === 2 ? degrees(three(from, at + 3), 180) : Number.NaN;
      records.push({ occurredAt, print, amount, currency, declined, latitude, longitude });
    } else {
      records.push({
        occurredAt,
        print,
        amount,
        currency,
        declined,
        customer: three(from, at),
        token: three(from, at + 3),
      });
    }
    at += 3 * present;
  }
  return { records: records as RecordOf[K][], offsets };
}

function three(from: Buffer, at: number): number {
  return (from[at] as number) | ((from[at + 1] as number) << 8) | ((from[at + 2] as number) << 16);
}

/** Three letters in base 26. */
function packCurrency(code: string): number {
  return ((code.charCodeAt(0) - 65) * 26 + code.charCodeAt(1) - 65) * 26 + code.charCodeAt(2) - 65;
}

function unpackCurrency(packed: number): string {
  return String.fromCharCode(65 + Math.floor(packed / 676), 65 + (Math.floor(packed / 26) % 26), 65 + (packed % 26));
}
