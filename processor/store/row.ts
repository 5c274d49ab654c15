import type { ThreeDSecure, Transaction } from '../types';

/** Columns of `tap.transactions` that make up a transaction; times as milliseconds since 1970-01-01T00:00:00Z. */
export const TRANSACTION_COLUMNS = `transaction_id, (extract(epoch FROM occurred_at) * 1000)::bigint::text AS occurred_at,
  amount::text, currency, customer_id, merchant_id, payment_token, outcome, decline_reason, order_id, merchant_category,
  channel, ip_address, device_id, email_hash, shipping_address_hash, card_issuer_country,
  billing_country, shipping_country, latitude, longitude,
  (extract(epoch FROM account_created_at) * 1000)::bigint::text AS account_created_at, three_d_secure`;

export interface TransactionRow {
  transaction_id: string;
  occurred_at: string;
  amount: string;
  currency: string;
  customer_id: string;
  merchant_id: string;
  payment_token: string;
  outcome: Transaction['outcome'];
  decline_reason: string | null;
  order_id: string | null;
  merchant_category: string | null;
  channel: NonNullable<Transaction['channel']> | null;
  ip_address: string | null;
  device_id: string | null;
  email_hash: string | null;
  shipping_address_hash: string | null;
  card_issuer_country: string | null;
  billing_country: string | null;
  shipping_country: string | null;
  latitude: number | null;
  longitude: number | null;
  account_created_at: string | null;
  three_d_secure: ThreeDSecure | null;
}

/** A transaction as it was stored: equal to the one that was decoded. */
export function fromRow(row: TransactionRow): Transaction {
  return {
    transactionId: row.transaction_id,
    occurredAt: Number(row.occurred_at),
    amount: Number(row.amount),
    currency: row.currency,
    customerId: row.customer_id,
    merchantId: row.merchant_id,
    paymentToken: row.payment_token,
    outcome: row.outcome,
    ...present('declineReason', row.decline_reason),
    ...present('orderId', row.order_id),
    ...present('merchantCategory', row.merchant_category),
    ...present('channel', row.channel),
    ...present('ipAddress', row.ip_address),
    ...present('deviceId', row.device_id),
    ...present('emailHash', row.email_hash),
    ...present('shippingAddressHash', row.shipping_address_hash),
    ...present('cardIssuerCountry', row.card_issuer_country),
    ...present('billingCountry', row.billing_country),
    ...present('shippingCountry', row.shipping_country),
    ...(row.latitude !== null &&
      row.longitude !== null && { location: { latitude: row.latitude, longitude: row.longitude } }),
    ...present('accountCreatedAt', row.account_created_at === null ? null : Number(row.account_created_at)),
    ...present('threeDSecure', row.three_d_secure),
  };
}

function present<K extends keyof Transaction>(key: K, value: Transaction[K] | null): Pick<Transaction, K> | undefined {
  return value === null ? undefined : ({ [key]: value } as Pick<Transaction, K>);
}

/** @param milliseconds since 1970-01-01T00:00:00Z; -Infinity is before all */
export function timestamp(milliseconds: number): string {
  return milliseconds === Number.NEGATIVE_INFINITY ? '-infinity' : new Date(milliseconds).toISOString();
}
