import type {
  FirehoseTransformationEventRecord as EventRecord,
  FirehoseTransformationResultRecord as ResultRecord,
} from 'aws-lambda';
import type { Decoded, Rejection } from '../decode';
import type { ArchiveKeys } from './keys';
import { customerOf, type Provenance, refusalLine, transactionLine } from './line';

/**
 * What all refusals of an invocation may take, bytes in Base64. Lambda's answers end at 6 MiB, and Firehose keeps a batch
 * whose answer is longer as it came. Transactions of half a mebibyte, which is what Firehose hands over, make 3 MiB;
 * refusals of tiny records could be many times their size.
 */
export const MAX_REFUSAL_BYTES = 1024 * 1024;

/** Folders of the archive: `kind` in the delivery stream's prefix. */
type Kind = 'transactions' | 'refused';

/** What `transform` needs of the world. */
export interface TransformDependencies {
  decode(data: Uint8Array, now: number): Decoded;
  keys: Pick<ArchiveKeys, 'of'>;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Hears of a record that the decoder failed on, which is a defect of it. */
  failed(place: Pick<Provenance, 'shardId' | 'sequenceNumber'>, error: unknown): void;
}

/** What became of the records of an invocation. */
export interface TransformSummary {
  received: number;
  archived: number;
  /** Kept apart, with the reason. */
  refused: number;
  /** Refused, and not kept here for want of room; quarantine has them. */
  dropped: number;
  /** Of `refused`: those that the decoder failed on, which are kept without any content. */
  notDecoded: number;
}

interface Read {
  recordId: string;
  decoded: Decoded;
  provenance: Provenance;
  customer?: string;
}

/**
 * Makes the archive's lines of records. A refused record is delivered as well, into a folder of its own, and none is ever
 * reported as failed: Firehose keeps what failed as it received it.
 *
 * @throws when keys cannot be had; Firehose asks again
 */
export async function transform(
  records: readonly EventRecord[],
  { decode, keys, now, failed }: TransformDependencies,
): Promise<{ results: ResultRecord[]; summary: TransformSummary }> {
  const archivedAt = new Date(now()).toISOString();
  const summary: TransformSummary = { received: records.length, archived: 0, refused: 0, dropped: 0, notDecoded: 0 };

  const read = records.map(({ recordId, data, approximateArrivalTimestamp, kinesisRecordMetadata: place }): Read => {
    const arrival = place?.approximateArrivalTimestamp ?? approximateArrivalTimestamp;
    const provenance: Provenance = {
      arrivedAt: new Date(arrival).toISOString(),
      archivedAt,
      ...(place && { shardId: place.shardId, sequenceNumber: place.sequenceNumber }),
    };
    try {
      // By the time of arrival, so that Firehose's repetitions come to the same.
      const decoded = decode(Buffer.from(data, 'base64'), arrival);
      const customer = 'transaction' in decoded ? decoded.transaction.customerId : customerOf(decoded);
      return { recordId, decoded, provenance, customer };
    } catch (error) {
      failed({ shardId: place?.shardId, sequenceNumber: place?.sequenceNumber }, error);
      summary.notDecoded++;
      return { recordId, decoded: NOT_DECODED, provenance };
    }
  });
  const keyOf = await keys.of(new Set(read.flatMap(({ customer }) => customer ?? [])));

  let room = MAX_REFUSAL_BYTES;
  const results = read.map(({ recordId, decoded, provenance, customer = '' }): ResultRecord => {
    const key = keyOf.get(customer);
    if ('transaction' in decoded) {
      summary.archived++;
      return delivered(recordId, 'transactions', transactionLine(decoded, provenance, key as Buffer));
    }
    const result = delivered(recordId, 'refused', refusalLine(decoded, provenance, key));
    room -= result.data.length;
    if (room < 0) {
      summary.dropped++;
      return { recordId, result: 'Dropped' };
    }
    summary.refused++;
    return result;
  });
  return { results, summary };
}

/** Nobody knows what such a record holds, so nothing of it is kept; the stream has it until its retention ends. */
const NOT_DECODED: Rejection = {
  reason: 'not-decoded',
  detail: 'the decoder failed on this record; its place in the stream is below',
  record: '',
};

function delivered(recordId: string, kind: Kind, line: string) {
  return {
    recordId,
    result: 'Ok' as const,
    data: Buffer.from(line).toString('base64'),
    metadata: { partitionKeys: { kind } },
  };
}
