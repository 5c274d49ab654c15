import type { Mapping, StreamRecord } from '../../../../local/runtime/mapping';

export const SHARD = 'shardId-000000000000';
/** 2026-04-01T00:00:00Z, milliseconds. */
export const T0 = Date.UTC(2026, 3, 1);

export function mapping(changes: Partial<Mapping> = {}): Mapping {
  return {
    uuid: '91eaeb7e-c976-4939-9451-8709db01f137',
    streamName: 'transactions',
    streamArn: 'arn:aws:kinesis:ap-northeast-1:123456789012:stream/transactions',
    functionArn: 'arn:aws:lambda:ap-northeast-1:123456789012:function:judge',
    roleArn: 'arn:aws:iam::123456789012:role/judge',
    region: 'ap-northeast-1',
    batchSize: 100,
    batchingWindowMs: 0,
    parallelizationFactor: 1,
    bisectBatchOnFunctionError: true,
    maximumRetryAttempts: 2,
    maximumRecordAgeInSeconds: -1,
    reportBatchItemFailures: true,
    startingPosition: 'TRIM_HORIZON',
    failureBucket: 'failed',
    ...changes,
  };
}

/** Records with sequence numbers from 1 on, that arrived at T0. */
export function records(count: number, changes: Partial<StreamRecord> = {}): StreamRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    sequenceNumber: String(index + 1).padStart(6, '0'),
    partitionKey: 'customer-1',
    data: Buffer.from(`record ${index + 1}`).toString('base64'),
    arrival: T0,
    ...changes,
  }));
}

/** Plain numbers of these records. */
export function numbers(list: readonly StreamRecord[]): number[] {
  return list.map(({ sequenceNumber }) => Number(sequenceNumber));
}
