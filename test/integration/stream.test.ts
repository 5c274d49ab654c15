import { DescribeStreamSummaryCommand, KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis';
import { client, output, testOnAws } from './stack';

const kinesis = new KinesisClient(client);

async function summary() {
  const command = new DescribeStreamSummaryCommand({ StreamName: output('kinesisStreamName') });
  return (await kinesis.send(command)).StreamDescriptionSummary;
}

test('the stream is active, under the name and ARN of the outputs', async () => {
  expect(await summary()).toMatchObject({
    StreamName: `kinesis-transactions-${output('environmentSuffix')}`,
    StreamARN: output('kinesisStreamArn'),
    StreamStatus: 'ACTIVE',
  });
});

test('records are encrypted with the stack’s key and kept for a day or longer', async () => {
  const found = await summary();
  expect(found).toMatchObject({ EncryptionType: 'KMS', KeyId: output('kmsKeyArn') });
  expect(found?.RetentionPeriodHours).toBeGreaterThanOrEqual(24);
});

test('the shards cover every hash key without a gap', async () => {
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName: output('kinesisStreamName') }));
  const ranges = Shards.filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined)
    .map(({ HashKeyRange }) => [BigInt(HashKeyRange?.StartingHashKey ?? -1), BigInt(HashKeyRange?.EndingHashKey ?? -1)])
    .sort(([a = 0n], [b = 0n]) => (a < b ? -1 : 1));
  expect(ranges[0]?.[0]).toBe(0n);
  expect(ranges.at(-1)?.[1]).toBe(2n ** 128n - 1n);
  for (const [index, [start]] of ranges.slice(1).entries()) expect(start).toBe((ranges[index]?.[1] ?? 0n) + 1n);
});

testOnAws('every shard reports all of its metrics', 'the emulator has no enhanced monitoring', async () => {
  expect((await summary())?.EnhancedMonitoring?.[0]?.ShardLevelMetrics?.toSorted()).toEqual([
    'IncomingBytes',
    'IncomingRecords',
    'IteratorAgeMilliseconds',
    'OutgoingBytes',
    'OutgoingRecords',
    'ReadProvisionedThroughputExceeded',
    'WriteProvisionedThroughputExceeded',
  ]);
});
