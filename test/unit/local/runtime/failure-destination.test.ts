import { kinesisEvent } from '../../../../local/runtime/events';
import { failureObject } from '../../../../local/runtime/failure-destination';
import type { StreamRecord } from '../../../../local/runtime/mapping';
import { mapping, records, SHARD, T0 } from './fixtures';

const UUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const [first, last] = records(2) as [StreamRecord, StreamRecord];
const discarded = {
  records: [first, { ...last, arrival: T0 + 745 }],
  shardId: SHARD,
  condition: 'RetryAttemptsExhausted' as const,
  attempts: 3,
  at: new Date('2026-04-01T00:38:06.021Z'),
};

test('an event has the shape that Lambda gives to Kinesis records', () => {
  expect(kinesisEvent([{ ...first, arrival: T0 + 987 }], SHARD, mapping())).toEqual({
    Records: [
      {
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: 'customer-1',
          sequenceNumber: '000001',
          data: 'cmVjb3JkIDE=',
          approximateArrivalTimestamp: 1775001600.987,
        },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID: 'shardId-000000000000:000001',
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: 'arn:aws:iam::123456789012:role/judge',
        awsRegion: 'ap-northeast-1',
        eventSourceARN: 'arn:aws:kinesis:ap-northeast-1:123456789012:stream/transactions',
      },
    ],
  });
});

test('the object tells of the batch and holds it whole', () => {
  const { body } = failureObject(discarded, mapping());
  const { payload, ...rest } = JSON.parse(body);
  expect(rest).toEqual({
    requestContext: {
      requestId: expect.stringMatching(new RegExp(`^${UUID}$`)),
      functionArn: mapping().functionArn,
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 3,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: '2026-04-01T00:38:06.021Z',
    KinesisBatchInfo: {
      shardId: SHARD,
      startSequenceNumber: '000001',
      endSequenceNumber: '000002',
      approximateArrivalOfFirstRecord: '2026-04-01T00:00:00.000Z',
      approximateArrivalOfLastRecord: '2026-04-01T00:00:00.745Z',
      batchSize: 2,
      streamArn: mapping().streamArn,
    },
  });
  expect(JSON.parse(payload)).toEqual(kinesisEvent(discarded.records, SHARD, mapping()));
});

test('its key names the mapping, the shard, the day and the second', () => {
  expect(failureObject(discarded, mapping()).key).toMatch(
    new RegExp(`^aws/lambda/91eaeb7e-c976-4939-9451-8709db01f137/${SHARD}/2026/04/01/2026-04-01T00\\.38\\.06-${UUID}$`),
  );
});

test('records that were never tried have no response', () => {
  const { body } = failureObject({ ...discarded, attempts: 0 }, mapping());
  expect(JSON.parse(body)).not.toHaveProperty('responseContext');
});
