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

/** One with every field of the contract. */
export const FULL: Transaction = transaction({
  outcome: 'declined',
  declineReason: '残高不足',
  orderId: 'order:1',
  merchantCategory: 'electronics',
  channel: 'app',
  ipAddress: '2001:db8::1',
  deviceId: 'device.1',
  emailHash: 'ab'.repeat(32),
  shippingAddressHash: 'cd'.repeat(32),
  cardIssuerCountry: 'JP',
  billingCountry: 'US',
  shippingCountry: 'GB',
  location: { latitude: 35.6812362, longitude: 139.7671248 },
  accountCreatedAt: T0 - 86_400_000,
  threeDSecure: { version: '2.2.0', status: 'Y', eci: '05', liabilityShift: true },
});

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
