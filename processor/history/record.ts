import { fingerprint } from '../fingerprint';
import type { CustomerRecord, EntityKind, HistoryRecord, SharedRecord, TokenRecord, Transaction } from '../types';

/** The record type of each kind of entity. */
export interface RecordOf {
  customer: CustomerRecord;
  token: TokenRecord;
  device: SharedRecord;
  address: SharedRecord;
}

/**
 * One kind of history: which entity of a transaction it is kept of, what it keeps, and how that is packed.
 *
 * A packed record is little-endian: length (1 byte), event time (6), amount (5), currency and outcome (2), what only this
 * kind keeps (12 to 16), then the transaction's id in ASCII. An id of 20 characters makes 46 to 50 bytes.
 */
interface Layout<R extends HistoryRecord> {
  /** The entity's id; undefined when the transaction names none. */
  entity(transaction: Transaction): string | undefined;
  /** What the history keeps of a transaction. */
  record(transaction: Transaction): R;
  /** Bytes of what only this kind keeps. */
  size: number;
  write(record: R, into: Buffer, offset: number): void;
  read(from: Buffer, offset: number, common: HistoryRecord): R;
}

const HEAD = 14;
const SIX_BYTES = 6;

const customer: Layout<CustomerRecord> = {
  entity: ({ customerId }) => customerId,
  record: (transaction) => ({
    ...common(transaction),
    merchant: fingerprint(transaction.merchantId),
    order: transaction.orderId === undefined ? 0 : fingerprint(transaction.orderId),
  }),
  size: 2 * SIX_BYTES,
  write(record, into, offset) {
    into.writeUIntLE(record.merchant, offset, SIX_BYTES);
    into.writeUIntLE(record.order, offset + SIX_BYTES, SIX_BYTES);
  },
  read: (from, offset, head) => ({
    ...head,
    merchant: from.readUIntLE(offset, SIX_BYTES),
    order: from.readUIntLE(offset + SIX_BYTES, SIX_BYTES),
  }),
};

const token: Layout<TokenRecord> = {
  entity: ({ paymentToken }) => paymentToken,
  record: (transaction) => ({
    ...common(transaction),
    latitude: transaction.location?.latitude ?? Number.NaN,
    longitude: transaction.location?.longitude ?? Number.NaN,
  }),
  size: 16,
  write(record, into, offset) {
    into.writeDoubleLE(record.latitude, offset);
    into.writeDoubleLE(record.longitude, offset + 8);
  },
  read: (from, offset, head) => ({
    ...head,
    latitude: from.readDoubleLE(offset),
    longitude: from.readDoubleLE(offset + 8),
  }),
};

function shared(entity: Layout<SharedRecord>['entity']): Layout<SharedRecord> {
  return {
    entity,
    record: (transaction) => ({
      ...common(transaction),
      customer: fingerprint(transaction.customerId),
      token: fingerprint(transaction.paymentToken),
    }),
    size: 2 * SIX_BYTES,
    write(record, into, offset) {
      into.writeUIntLE(record.customer, offset, SIX_BYTES);
      into.writeUIntLE(record.token, offset + SIX_BYTES, SIX_BYTES);
    },
    read: (from, offset, head) => ({
      ...head,
      customer: from.readUIntLE(offset, SIX_BYTES),
      token: from.readUIntLE(offset + SIX_BYTES, SIX_BYTES),
    }),
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

function common(transaction: Transaction): HistoryRecord {
  const { transactionId, occurredAt, amount, currency, outcome } = transaction;
  return { transactionId, occurredAt, amount, currency, declined: outcome === 'declined' };
}

/** Packs a record of a history of `kind`. */
export function packRecord<K extends EntityKind>(kind: K, record: RecordOf[K]): Buffer {
  const layout: Layout<RecordOf[K]> = layouts[kind];
  const length = HEAD + layout.size + record.transactionId.length;
  const packed = Buffer.allocUnsafe(length);
  packed.writeUInt8(length, 0);
  packed.writeUIntLE(record.occurredAt, 1, 6);
  packed.writeUIntLE(record.amount, 7, 5);
  packed.writeUInt16LE((packCurrency(record.currency) << 1) | Number(record.declined), 12);
  layout.write(record, packed, HEAD);
  packed.write(record.transactionId, HEAD + layout.size, 'latin1');
  return packed;
}

/** Unpacks the record of a history of `kind` at `offset`, whose first byte is its length. */
export function unpackRecord<K extends EntityKind>(kind: K, from: Buffer, offset: number): RecordOf[K] {
  const layout: Layout<RecordOf[K]> = layouts[kind];
  const currency = from.readUInt16LE(offset + 12);
  return layout.read(from, offset + HEAD, {
    transactionId: from.toString('latin1', offset + HEAD + layout.size, offset + from.readUInt8(offset)),
    occurredAt: from.readUIntLE(offset + 1, 6),
    amount: from.readUIntLE(offset + 7, 5),
    currency: unpackCurrency(currency >> 1),
    declined: (currency & 1) === 1,
  });
}

/** Three letters in base 26. */
function packCurrency(code: string): number {
  return ((code.charCodeAt(0) - 65) * 26 + code.charCodeAt(1) - 65) * 26 + code.charCodeAt(2) - 65;
}

function unpackCurrency(packed: number): string {
  return String.fromCharCode(65 + Math.floor(packed / 676), 65 + (Math.floor(packed / 26) % 26), 65 + (packed % 26));
}
