import type { Accepted, Rejection } from '../decode';
import { inContractForm, transactionSchema } from '../transaction';
import type { Transaction } from '../types';
import { type Sealed, seal, unseal } from './seal';

/** What is known of a record besides its content. */
export interface Provenance {
  /** When the stream took it. */
  arrivedAt: string;
  /** When it was made a line of the archive; another one each time Firehose repeats itself. */
  archivedAt: string;
  /** Its place in the stream; shards come and go, a sequence number is of one stream for ever. */
  shardId?: string;
  sequenceNumber?: string;
}

/** Tells readers how a line is built; raised when that changes. */
const FORMAT = 2;

/** Fields that name a customer or lead to one, in the contract's form. */
const PERSONAL = new Set<keyof Transaction>([
  ...(['customerId', 'paymentToken', 'orderId', 'declineReason', 'ipAddress', 'deviceId', 'emailHash'] as const),
  ...(['shippingAddressHash', 'location', 'accountCreatedAt'] as const),
]);

/** The line of an accepted transaction in the contract's own form, with what is personal under the customer's key. */
export function transactionLine({ transaction, contentHash }: Accepted, provenance: Provenance, key: Buffer): string {
  const fields = Object.entries(inContractForm(transaction));
  const isPersonal = ([name]: [string, unknown]) => PERSONAL.has(name as keyof Transaction);
  const personal = Object.fromEntries(fields.filter(isPersonal));
  return line({
    transaction: Object.fromEntries(fields.filter((field) => !isPersonal(field))),
    personal: seal(personal, key, dayOf(provenance), transaction.transactionId),
    processing: { format: FORMAT, contentHash, ...provenance },
  });
}

/**
 * The line of a refused record: why, and of the record only what quarantine would keep as well, under the customer's key.
 *
 * @param key absent where the record does not say whose it is: then quarantine alone has its content, where it can be erased
 */
export function refusalLine({ record, ...refusal }: Rejection, provenance: Provenance, key?: Buffer): string {
  return line({
    ...refusal,
    ...(key !== undefined && { personal: seal({ record }, key, dayOf(provenance), refusal.transactionId ?? '') }),
    processing: { format: FORMAT, ...provenance },
  });
}

/** A line as it stands in the archive. */
export interface Line extends Partial<Omit<Rejection, 'record'>> {
  transaction?: { transactionId: string };
  personal?: Sealed;
  processing: Provenance;
}

/** A line with what is personal in its place. @throws when the key is not that of the line */
export function openedLine({ personal, ...rest }: Line, key: Buffer): object {
  const transactionId = rest.transaction?.transactionId ?? rest.transactionId ?? '';
  const content = unseal(personal as Sealed, key, transactionId) as object;
  return rest.transaction === undefined
    ? { ...rest, ...content }
    : { ...rest, transaction: { ...rest.transaction, ...content } };
}

/** Whose record was refused, where it says so. */
export function customerOf({ record }: Rejection): string | undefined {
  try {
    return transactionSchema.shape.customerId.safeParse(JSON.parse(record)?.customerId).data;
  } catch {
    return undefined;
  }
}

/** The day that a line's key is numbered by, UTC. */
export function dayOf({ arrivedAt }: Pick<Provenance, 'arrivedAt'>): string {
  return arrivedAt.slice(0, 10);
}

function line(content: object): string {
  return `${JSON.stringify(content)}\n`;
}
