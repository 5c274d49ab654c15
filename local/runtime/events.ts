import type { KinesisStreamEvent } from 'aws-lambda';
import type { Mapping, StreamRecord } from './mapping';

/** The event that Lambda hands to a function for these records of a shard. */
export function kinesisEvent(records: readonly StreamRecord[], shardId: string, mapping: Mapping): KinesisStreamEvent {
  return {
    Records: records.map((record) => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: record.partitionKey,
        sequenceNumber: record.sequenceNumber,
        data: record.data,
        approximateArrivalTimestamp: record.arrival / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${shardId}:${record.sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: mapping.roleArn,
      awsRegion: mapping.region,
      eventSourceARN: mapping.streamArn,
    })),
  };
}
