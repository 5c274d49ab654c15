import {
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  type ShardIteratorType,
} from '@aws-sdk/client-kinesis';
import type { StreamRecord } from './mapping';

/** Most records that GetRecords gives at a time (Kinesis quotas). */
const GET_RECORDS_LIMIT = 10_000;

/** What the poller reads. */
export interface StreamSource {
  shards(): Promise<string[]>;
  /** A reader of one shard, from `position` on. */
  reader(shardId: string, position: 'LATEST' | 'TRIM_HORIZON'): Promise<ShardReader>;
}

/** Reads a shard once, in order. */
export interface ShardReader {
  /** The next records, at most `limit`; none when there are none now; undefined when the shard has ended. */
  read(limit: number): Promise<StreamRecord[] | undefined>;
}

/** The same stream with a listener, which is given everything that is read; the next read of a shard waits for it. */
export function overheard(
  source: StreamSource,
  hear: (records: readonly StreamRecord[], shardId: string) => Promise<void>,
): StreamSource {
  return {
    shards: () => source.shards(),
    async reader(shardId, position) {
      const reader = await source.reader(shardId, position);
      return {
        async read(limit) {
          const records = await reader.read(limit);
          if (records !== undefined && records.length > 0) await hear(records, shardId);
          return records;
        },
      };
    },
  };
}

/** A stream of Kinesis. */
export function kinesisStream(client: KinesisClient, streamName: string): StreamSource {
  const iterator = async (shardId: string, type: ShardIteratorType, after?: string) => {
    const command = new GetShardIteratorCommand({
      StreamName: streamName,
      ShardId: shardId,
      ShardIteratorType: type,
      StartingSequenceNumber: after,
    });
    return (await client.send(command)).ShardIterator;
  };
  return {
    async shards() {
      const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: streamName }));
      return Shards.flatMap((shard) => shard.ShardId ?? []);
    },
    async reader(shardId, position) {
      let next = await iterator(shardId, position);
      let last: string | undefined;
      return {
        async read(limit) {
          if (next === undefined) return undefined;
          const command = new GetRecordsCommand({ ShardIterator: next, Limit: Math.min(limit, GET_RECORDS_LIMIT) });
          const answer = await client.send(command).catch((error: unknown) => {
            if (error instanceof ExpiredIteratorException) return undefined;
            throw error;
          });
          if (answer === undefined) {
            next = await iterator(shardId, last === undefined ? position : 'AFTER_SEQUENCE_NUMBER', last);
            return [];
          }
          next = answer.NextShardIterator;
          const records = (answer.Records ?? []).map((record) => ({
            sequenceNumber: record.SequenceNumber ?? '',
            partitionKey: record.PartitionKey ?? '',
            data: Buffer.from(record.Data ?? []).toString('base64'),
            arrival: record.ApproximateArrivalTimestamp?.getTime() ?? Date.now(),
          }));
          last = records.at(-1)?.sequenceNumber ?? last;
          return records;
        },
      };
    },
  };
}
