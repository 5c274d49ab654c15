import type { Accepted, Rejection } from '../decode';
import type { Transaction } from '../types';

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
const FORMAT = 1;

/** The line of an accepted transaction: the contract's own form, so that it can be put on a stream again as it is. */
export function transactionLine({ transaction, contentHash }: Accepted, provenance: Provenance): string {
  return line({ transaction: inContractForm(transaction), processing: { format: FORMAT, contentHash, ...provenance } });
}

/** The line of a refused record: why, and of the record only what quarantine would keep as well. */
export function refusalLine(rejection: Rejection, provenance: Provenance): string {
  return line({ ...rejection, processing: { format: FORMAT, ...provenance } });
}

function inContractForm({ occurredAt, accountCreatedAt, ...rest }: Transaction) {
  const { transactionId, ...others } = rest;
  return {
    transactionId,
    occurredAt: instant(occurredAt),
    ...others,
    ...(accountCreatedAt !== undefined && { accountCreatedAt: instant(accountCreatedAt) }),
  };
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function line(content: object): string {
  return `${JSON.stringify(content)}\n`;
}
