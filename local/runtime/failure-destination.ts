import { randomUUID } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Condition } from './batch';
import { kinesisEvent } from './events';
import type { Mapping, StreamRecord } from './mapping';

/** Records that were given up. */
export interface Discarded {
  records: readonly StreamRecord[];
  shardId: string;
  condition: Condition;
  /** Invocations that these records were part of. */
  attempts: number;
  at: Date;
}

/**
 * The object that an event source mapping of a Kinesis stream writes to its S3 destination, and its key (Lambda Developer Guide,
 * "Retain discarded batch records for a Kinesis Data Streams event source").
 */
export function failureObject(discarded: Discarded, mapping: Mapping): { key: string; body: string } {
  const { records, shardId, condition, attempts, at } = discarded;
  const time = at.toISOString();
  const day = time.slice(0, 10).replaceAll('-', '/');
  const second = time.slice(0, 19).replaceAll(':', '.');
  const arrival = (record: StreamRecord | undefined) => new Date(record?.arrival ?? 0).toISOString();
  const first = records[0];
  const last = records.at(-1);
  const body = {
    requestContext: {
      requestId: randomUUID(),
      functionArn: mapping.functionArn,
      condition,
      approximateInvokeCount: attempts,
    },
    ...(attempts > 0 && {
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    }),
    version: '1.0',
    timestamp: time,
    KinesisBatchInfo: {
      shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: last?.sequenceNumber,
      approximateArrivalOfFirstRecord: arrival(first),
      approximateArrivalOfLastRecord: arrival(last),
      batchSize: records.length,
      streamArn: mapping.streamArn,
    },
    payload: JSON.stringify(kinesisEvent(records, shardId, mapping)),
  };
  return { key: `aws/lambda/${mapping.uuid}/${shardId}/${day}/${second}-${randomUUID()}`, body: JSON.stringify(body) };
}

/** Writes records to the mapping's failure destination. @returns where they are; undefined when the mapping has none */
export async function keepFailed(s3: S3Client, discarded: Discarded, mapping: Mapping): Promise<string | undefined> {
  if (mapping.failureBucket === undefined) return undefined;
  const { key, body } = failureObject(discarded, mapping);
  const request = { Bucket: mapping.failureBucket, Key: key, Body: body, ContentType: 'application/json' };
  await s3.send(new PutObjectCommand(request));
  return `s3://${mapping.failureBucket}/${key}`;
}
