import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { MAX_RECORD_BYTES } from '../processor/decode';
import { AccessError, InvalidRecordError } from './errors';
import type { Outcome, ProducerRecord, Transport } from './transport';

/** Bytes of data and partition key of one record (Kinesis quotas, unless the stream allows more). */
const MAX_BYTES = 1_024 * 1_024;
const MAX_KEY_LENGTH = 256;

/** Errors of a whole request after which it should be made again, beside those of the service and the network. */
const THROTTLED = /Throttl|LimitExceeded|ThroughputExceeded/;

/** Puts records on a stream of Kinesis. */
export class KinesisTransport implements Transport {
  /** Kinesis's quotas; of bytes the older one of 5 MB, which every emulator keeps. */
  readonly limits = { records: 500, bytes: 5_000_000 };

  constructor(
    private readonly client: Pick<KinesisClient, 'send'>,
    private readonly streamName: string,
  ) {}

  sizeOf({ data, partitionKey }: ProducerRecord): number {
    const bytes = data.byteLength + Buffer.byteLength(partitionKey);
    if (bytes > MAX_BYTES) {
      throw new InvalidRecordError(
        'data',
        `data: ${data.byteLength} bytes; with its key a record has at most ${MAX_BYTES}; a transaction has at most ${MAX_RECORD_BYTES}, leave out what is not of the contract`,
      );
    }
    if (partitionKey === '' || partitionKey.length > MAX_KEY_LENGTH) {
      throw new InvalidRecordError(
        'partitionKey',
        `partitionKey: ${partitionKey.length} characters; 1 to ${MAX_KEY_LENGTH}; use customerId`,
      );
    }
    return bytes;
  }

  async put(records: readonly ProducerRecord[]): Promise<Outcome[]> {
    const command = new PutRecordsCommand({
      StreamName: this.streamName,
      Records: records.map(({ data, partitionKey }) => ({ Data: data, PartitionKey: partitionKey })),
    });
    try {
      const { Records = [] } = await this.client.send(command);
      return records.map((_, index) => {
        const { SequenceNumber, ErrorCode = 'no answer' } = Records[index] ?? {};
        return SequenceNumber === undefined ? { later: ErrorCode } : 'taken';
      });
    } catch (error) {
      const { name, $fault } = error as Error & { $fault?: 'client' | 'server' };
      if ($fault === 'client' && !THROTTLED.test(name)) {
        throw new AccessError(
          `the stream ${this.streamName}: ${name}; the caller must be allowed kinesis:PutRecords on it and kms:GenerateDataKey on its key; assume the producer role`,
          { cause: error },
        );
      }
      return records.map(() => ({ later: name }));
    }
  }
}
