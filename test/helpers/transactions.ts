import type { Transaction } from '../../processor/types';

/** 2026-04-01T00:00:00Z, milliseconds. */
export const T0 = Date.UTC(2026, 3, 1);
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** A valid transaction of 4,980 yen at T0. */
export function transaction(changes: Partial<Transaction> = {}): Transaction {
  return {
    transactionId: 'tx-1',
    occurredAt: T0,
    amount: 4980,
    currency: 'JPY',
    customerId: 'customer-1',
    merchantId: 'merchant-1',
    paymentToken: 'token-1',
    outcome: 'approved',
    ...changes,
  };
}

/** A transaction as its producer writes it. */
export function asRecord({ occurredAt, accountCreatedAt, ...rest }: Transaction): Record<string, unknown> {
  return {
    ...rest,
    occurredAt: new Date(occurredAt).toISOString(),
    ...(accountCreatedAt !== undefined && { accountCreatedAt: new Date(accountCreatedAt).toISOString() }),
  };
}

/** The bytes of a record of the stream. */
export function bytes(record: unknown): Uint8Array {
  return Buffer.from(typeof record === 'string' ? record : JSON.stringify(record));
}
