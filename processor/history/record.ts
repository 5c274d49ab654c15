import { fingerprint } from '../fingerprint';
import type {
  CustomerRecord,
  EntityKind,
  HistoryRecord,
  SharedRecord,
  TokenRecord,
  Transaction,
  TransactionRef,
} from '../types';

/** The record type of each kind of entity. */
export interface RecordOf {
  customer: CustomerRecord;
  token: TokenRecord;
  device: SharedRecord;
  address: SharedRecord;
}

/**
 * One kind of history: which entity of a transaction it is kept of, and what it keeps.
 *
 * A packed record is little-endian, 18 bytes for a token and 20 for the others up to an amount of 2,097,151:
 * - 1 byte: bit 0 declined, bit 1 whether an extension follows, bits 2 to 7 the event time's bits 32 to 37
 * - 4 bytes: the event time's lower 32 bits, milliseconds since `EPOCH`
 * - 4 bytes: `print`
 * - 1 to 6 bytes: amount, seven bits a byte, the lowest first, bit 7 set where another follows
 * - extension, if any: 1 byte of flags (`OTHER_CURRENCY`, `FAR_TIME`, `ABSENT`), then what they announce
 * - 8 bytes, of a token 6: what only this kind keeps, left out where it is `ABSENT`
 */
interface Layout<R extends HistoryRecord> {
  /** The entity's id; undefined when the transaction names none. */
  entity(transaction: Transaction): string | undefined;
  /** What the history keeps of a transaction; a location to the precision it is packed with. */
  record(transaction: Transaction): R;
  /** Writes what only this kind keeps. @returns where it ends */
  write(record: R, into: Buffer, offset: number): number;
  /** Whether what may be absent is. */
  absent(record: R): boolean;
}

/** 2025-01-01T00:00:00Z: 38 bits of milliseconds from there last until 2033; other times take two bytes more. */
export const EPOCH = Date.UTC(2025, 0);
const TWO_32 = 2 ** 32;
/** The highest bits are never all set, so that no record begins with `MARK`. */
const NEAR_TIMES = 63 * TWO_32;

export const DECLINED = 1;
export const EXTENDED = 2;
/** Two bytes follow: the currency's three letters in base 26. Without it the currency is yen. */
export const OTHER_CURRENCY = 1;
/** Two bytes follow: bits 32 to 47 of the event time, which is then in milliseconds since 1970-01-01T00:00:00Z. */
export const FAR_TIME = 2;
/** The transaction has no order (customer), or no location (token). */
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
  record: (transaction) => ({
    ...common(transaction),
    merchant: fingerprint(transaction.merchantId),
    order: transaction.orderId === undefined ? 0 : fingerprint(transaction.orderId),
  }),
  absent: ({ order }) => order === 0,
  write(record, into, offset) {
    const end = into.writeUInt32LE(record.merchant, offset);
    return record.order === 0 ? end : into.writeUInt32LE(record.order, end);
  },
};

const token: Layout<TokenRecord> = {
  entity: ({ paymentToken }) => paymentToken,
  record: (transaction) => ({
    ...common(transaction),
    latitude: degrees(steps(transaction.location?.latitude ?? Number.NaN, 90), 90),
    longitude: degrees(steps(transaction.location?.longitude ?? Number.NaN, 180), 180),
  }),
  absent: ({ latitude }) => Number.isNaN(latitude),
  write(record, into, offset) {
    if (Number.isNaN(record.latitude)) return offset;
    return into.writeUIntLE(steps(record.longitude, 180), into.writeUIntLE(steps(record.latitude, 90), offset, 3), 3);
  },
};

function shared(entity: Layout<SharedRecord>['entity']): Layout<SharedRecord> {
  return {
    entity,
    record: (transaction) => ({
      ...common(transaction),
      customer: fingerprint(transaction.customerId),
      token: fingerprint(transaction.paymentToken),
    }),
    absent: () => false,
    write: (record, into, offset) => into.writeUInt32LE(record.token, into.writeUInt32LE(record.customer, offset)),
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
export function refOf({ transactionId, occurredAt }: Transaction): TransactionRef {
  return { occurredAt, print: fingerprint(transactionId) };
}

function common(transaction: Transaction): HistoryRecord {
  const { transactionId, occurredAt, amount, currency, outcome } = transaction;
  return { occurredAt, print: fingerprint(transactionId), amount, currency, declined: outcome === 'declined' };
}

function steps(value: number, limit: number): number {
  return Math.round(((value + limit) / (2 * limit)) * STEPS);
}

function degrees(step: number, limit: number): number {
  return (step / STEPS) * 2 * limit - limit;
}

const packing = Buffer.alloc(32);

/** Packs a record of a history of `kind`. */
export function packRecord<K extends EntityKind>(kind: K, record: RecordOf[K]): Buffer {
  const layout: Layout<RecordOf[K]> = layouts[kind];
  const { occurredAt, currency, declined } = record;
  const near = occurredAt >= EPOCH && occurredAt < EPOCH + NEAR_TIMES;
  const time = near ? occurredAt - EPOCH : occurredAt;
  const high = Math.floor(time / TWO_32);
  const extension =
    (currency === 'JPY' ? 0 : OTHER_CURRENCY) | (near ? 0 : FAR_TIME) | (layout.absent(record) ? ABSENT : 0);
  packing[0] = (declined ? DECLINED : 0) | (extension === 0 ? 0 : EXTENDED) | (near ? high << 2 : 0);
  packing.writeUInt32LE(time % TWO_32, 1);
  let end = packing.writeUInt32LE(record.print, 5);
  let amount = record.amount;
  for (; amount > 127; amount = Math.floor(amount / 128)) packing[end++] = (amount % 128) | 128;
  packing[end++] = amount;
  if (extension !== 0) {
    packing[end++] = extension;
    if (extension & OTHER_CURRENCY) end = packing.writeUInt16LE(packCurrency(currency), end);
    if (extension & FAR_TIME) end = packing.writeUInt16LE(high, end);
  }
  return Buffer.from(packing.subarray(0, layout.write(record, packing, end)));
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
  const byte = (at: number) => from[at] as number;
  const word = (at: number) => (byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24)) >>> 0;
  for (let at = offset; at < from.length; ) {
    offsets.push(at);
    const flags = byte(at);
    let occurredAt = EPOCH + (flags >> 2) * TWO_32 + word(at + 1);
    const print = word(at + 5);
    at += 9;
    let amount = byte(at) & 127;
    for (let unit = 128; byte(at++) & 128; unit *= 128) amount += (byte(at) & 127) * unit;
    let currency = 'JPY';
    let extension = 0;
    if (flags & EXTENDED) {
      extension = byte(at++);
      if (extension & OTHER_CURRENCY) {
        currency = unpackCurrency(byte(at) | (byte(at + 1) << 8));
        at += 2;
      }
      if (extension & FAR_TIME) {
        occurredAt += (byte(at) | (byte(at + 1) << 8)) * TWO_32 - EPOCH;
        at += 2;
      }
    }
    const declined = (flags & DECLINED) !== 0;
    const absent = (extension & ABSENT) !== 0;
    if (kind === 'customer') {
      const merchant = word(at);
      records.push({ occurredAt, print, amount, currency, declined, merchant, order: absent ? 0 : word(at + 4) });
      at += absent ? 4 : 8;
    } else if (kind === 'token') {
      const latitude = absent ? Number.NaN : degrees(word(at) & 0xffffff, 90);
      const longitude = absent ? Number.NaN : degrees(byte(at + 3) | (byte(at + 4) << 8) | (byte(at + 5) << 16), 180);
      records.push({ occurredAt, print, amount, currency, declined, latitude, longitude });
      at += absent ? 0 : 6;
    } else {
      records.push({ occurredAt, print, amount, currency, declined, customer: word(at), token: word(at + 4) });
      at += 8;
    }
  }
  return { records: records as RecordOf[K][], offsets };
}

/** Three letters in base 26. */
function packCurrency(code: string): number {
  return ((code.charCodeAt(0) - 65) * 26 + code.charCodeAt(1) - 65) * 26 + code.charCodeAt(2) - 65;
}

function unpackCurrency(packed: number): string {
  return String.fromCharCode(65 + Math.floor(packed / 676), 65 + (Math.floor(packed / 26) % 26), 65 + (packed % 26));
}
