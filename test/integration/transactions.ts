import type { ProducerRecord } from './operations';
import { freshId } from './stack';

export const MINUTE = 60_000;

/** A harmless transaction, of entities that no other test or run uses. */
export function transaction(
  changes: Record<string, unknown> = {},
): ProducerRecord & { transactionId: string; occurredAt: string } {
  return {
    transactionId: freshId('tx'),
    occurredAt: new Date(Date.now() - 30 * MINUTE).toISOString(),
    amount: 4980,
    currency: 'JPY',
    customerId: freshId('customer'),
    merchantId: freshId('merchant'),
    paymentToken: freshId('token'),
    ...changes,
  };
}
