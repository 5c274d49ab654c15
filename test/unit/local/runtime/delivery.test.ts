import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { FirehoseTransformationEvent, FirehoseTransformationResultRecord } from 'aws-lambda';
import { Delivery, type DeliverySettings } from '../../../../local/runtime/delivery';
import type { InvokeResult } from '../../../../local/runtime/function';
import { records, SHARD, T0 } from './fixtures';

const SETTINGS: DeliverySettings = {
  name: 'firehose-archive-test',
  arn: 'arn:aws:firehose:ap-northeast-1:123456789012:deliverystream/firehose-archive-test',
  streamArn: 'arn:aws:kinesis:ap-northeast-1:123456789012:stream/transactions',
  region: 'ap-northeast-1',
  functionArn: 'arn:aws:lambda:ap-northeast-1:123456789012:function:archiver',
  batchBytes: 1_000,
  retries: 2,
  bucket: 's3-archive-test',
  kmsKeyArn: 'arn:aws:kms:ap-northeast-1:123456789012:key/k',
  prefix: '!{partitionKeyFromLambda:kind}/date=!{timestamp:yyyy-MM-dd}/',
  errorPrefix: 'failed/!{firehose:error-output-type}/date=!{timestamp:yyyy-MM-dd}/',
  fileExtension: '.ndjson.gz',
};

type Answer = Omit<FirehoseTransformationResultRecord, 'recordId'>;

const ok = (line: string, kind = 'transactions'): Answer => ({
  result: 'Ok',
  data: Buffer.from(`${line}\n`).toString('base64'),
  metadata: { partitionKeys: { kind } },
});
const read = (data: string) => Buffer.from(data, 'base64').toString('utf8');

jest.setTimeout(30_000);

let delivery: Delivery | undefined;
beforeEach(() => jest.useFakeTimers({ now: T0 + 60_000, doNotFake: ['setTimeout', 'setImmediate', 'nextTick'] }));
afterEach(() => {
  delivery?.stop();
  jest.useRealTimers();
});

/**
 * Delivers records and lets the buffers run out; what was asked of the function, and what S3 has then.
 *
 * @param writes objects or errors to wait for
 */
async function deliver(
  count: number,
  invoke: (event: FirehoseTransformationEvent) => InvokeResult,
  { writes = 1, ...settings }: Partial<DeliverySettings> & { writes?: number } = {},
) {
  const events: FirehoseTransformationEvent[] = [];
  const puts: PutObjectCommandInput[] = [];
  const errors: Error[] = [];
  delivery = new Delivery({
    settings: { ...SETTINGS, ...settings },
    s3: { send: async ({ input }: { input: PutObjectCommandInput }) => void puts.push(input) } as never,
    invoke: async (event) => {
      events.push(event);
      return invoke(event);
    },
    failed: (error) => errors.push(error),
  });
  await delivery.take(records(count), SHARD);
  await delivery.take([], SHARD); // which waits for those before
  jest.advanceTimersByTime(6_000);
  while (puts.length + errors.length < writes) await delay(5);
  const objects = puts.map(({ Key = '', Body }) => [Key, gunzipSync(Body as Buffer).toString('utf8')] as const);
  return { events, puts, errors, objects: objects.toSorted(([a], [b]) => (a < b ? -1 : 1)) };
}

const each = (answer: (data: string) => Answer) => (event: FirehoseTransformationEvent) => ({
  result: { records: event.records.map(({ recordId, data }) => ({ recordId, ...answer(read(data)) })) },
});

test('the function gets what Firehose would give it', async () => {
  const { events } = await deliver(
    1,
    each((data) => ok(data)),
  );
  expect(events).toEqual([
    {
      invocationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      deliveryStreamArn: SETTINGS.arn,
      sourceKinesisStreamArn: SETTINGS.streamArn,
      region: 'ap-northeast-1',
      records: [
        {
          recordId: '000001000000',
          approximateArrivalTimestamp: T0,
          data: Buffer.from('record 1').toString('base64'),
          kinesisRecordMetadata: {
            shardId: SHARD,
            partitionKey: 'customer-1',
            sequenceNumber: '000001',
            subsequenceNumber: '',
            approximateArrivalTimestamp: T0,
          },
        },
      ],
    },
  ]);
});

test('what it makes of them is an object a partition, compressed, encrypted and named as Firehose names it', async () => {
  const { puts, objects } = await deliver(
    4,
    each((data) => (data === 'record 3' ? ok(data, 'refused') : ok(data))),
    { writes: 2 },
  );
  expect(objects.map(([, text]) => text)).toEqual(['record 3\n', 'record 1\nrecord 2\nrecord 4\n']);
  const name = 'firehose-archive-test-1-2026-04-01-00-01-00-[0-9a-f-]{36}\\.ndjson\\.gz';
  expect(objects[1]?.[0]).toMatch(new RegExp(`^transactions/date=2026-04-01/${name}$`));
  expect(objects[0]?.[0]).toMatch(new RegExp(`^refused/date=2026-04-01/${name}$`));
  expect(puts[0]).toMatchObject({
    Bucket: 's3-archive-test',
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: SETTINGS.kmsKeyArn,
  });
});

test('an invocation holds no more data than it should, and one record at least', async () => {
  const sizes = async (batchBytes: number) => {
    const { events } = await deliver(
      5,
      each((data) => ok(data)),
      { batchBytes },
    );
    return events.map((event) => event.records.length);
  };
  expect(await sizes(16)).toEqual([2, 2, 1]); // each record has eight bytes
  expect(await sizes(1)).toEqual([1, 1, 1, 1, 1]);
});

test('what the function drops is nowhere; what it does not answer is kept as it came', async () => {
  const { objects } = await deliver(3, (event) => ({
    result: { records: event.records.slice(0, 2).map(({ recordId }) => ({ recordId, result: 'Dropped' })) },
  }));
  expect(objects).toHaveLength(1);
  const [key, text] = objects[0] as [string, string];
  expect(key).toMatch(/^failed\/processing-failed\/date=2026-04-01\//);
  expect(JSON.parse(text)).toMatchObject({ attemptsMade: 1, rawData: Buffer.from('record 3').toString('base64') });
});

test('a function that fails is asked again, and given up on in the end', async () => {
  const { events, objects } = await deliver(2, () => ({ error: { errorType: 'Error', errorMessage: 'away' } }));
  expect(events).toHaveLength(3);
  const [key, text] = objects[0] as [string, string];
  expect(key).toMatch(/^failed\/processing-failed\/date=2026-04-01\//);
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(
    [1, 2].map((number) => ({
      attemptsMade: 3,
      arrivalTimestamp: T0,
      errorCode: 'Error',
      errorMessage: 'away',
      attemptEndingTimestamp: expect.any(Number),
      rawData: Buffer.from(`record ${number}`).toString('base64'),
      lambdaArn: SETTINGS.functionArn,
    })),
  );
});

test('a prefix with an expression that has no value is an error', async () => {
  const { errors } = await deliver(
    1,
    each((data) => ok(data)),
    { prefix: '!{partitionKeyFromQuery:kind}/' },
  );
  expect(errors.map(({ message }) => message)).toEqual([
    'the prefix !{partitionKeyFromQuery:kind}/ has an expression that has no value here: partitionKeyFromQuery:kind',
  ]);
});
