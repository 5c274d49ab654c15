import { decode } from '../processor/decode';
import { InvalidRecordError } from './errors';
import type { ProducerRecord } from './transport';

/**
 * The record of a transaction, checked by the contract of docs/transaction.md as the stream function will check it, card numbers
 * included: what breaks it never leaves the producer.
 *
 * @param transaction in the form of the contract, such as `{ transactionId: 'tx-1', occurredAt: '2026-04-01T00:30:00Z', ... }`
 * @param now the clock, milliseconds since 1970-01-01T00:00:00Z; only the check for future times uses it
 * @throws InvalidRecordError naming the first field that is wrong, and for each its limit and the shape of what was found
 */
export function recordOf(transaction: object, now = Date.now()): ProducerRecord {
  const data = Buffer.from(JSON.stringify(transaction));
  const decoded = decode(data, now);
  if ('reason' in decoded) {
    const [reason = '', field = 'data'] = decoded.reason.split(':');
    throw new InvalidRecordError(field, `${reason}: ${decoded.detail}`);
  }
  return { data, partitionKey: decoded.transaction.customerId };
}
