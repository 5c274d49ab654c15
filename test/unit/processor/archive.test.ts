import type { Context, FirehoseTransformationEvent, FirehoseTransformationResult } from 'aws-lambda';

const query = jest.fn();
jest.mock('../../../processor/database', () => ({ openDatabase: () => ({ query }) }));

process.env.POWERTOOLS_DEV = 'true';
process.env.POWERTOOLS_METRICS_DISABLED = 'false';
process.env.POWERTOOLS_METRICS_NAMESPACE = 'JapanCart/TransactionMonitoring';
process.env.POWERTOOLS_SERVICE_NAME = 'lambda-archiver-test';

const TRANSACTION = {
  transactionId: 'tx-1',
  occurredAt: '2026-04-01T00:30:00Z',
  amount: 4980,
  currency: 'JPY',
  customerId: 'customer-of-the-record',
  merchantId: 'shop-ginza',
  paymentToken: 'tok_9fQx2',
};

let lines: Record<string, unknown>[];
let call: (
  event: FirehoseTransformationEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<FirehoseTransformationResult>;

const handler = (event: FirehoseTransformationEvent, remainingMs = 60_000) =>
  call(event, { getRemainingTimeInMillis: () => remainingMs });

beforeAll(async () => {
  ({ handler: call } = await import('../../../processor/archive'));
});
beforeEach(() => {
  lines = [];
  query.mockReset().mockImplementation(async ({ values: [customers] }) => ({
    rows: customers.map((customer_id: string) => ({ customer_id, key: Buffer.alloc(32, 1) })),
  }));
  for (const method of ['log', 'info', 'warn', 'error'] as const) {
    jest
      .spyOn(console, method)
      .mockImplementation((...line: unknown[]) => void lines.push(JSON.parse(String(line[0]))));
  }
});
afterEach(() => jest.restoreAllMocks());

const event = (...contents: object[]): FirehoseTransformationEvent => ({
  invocationId: 'i-1',
  deliveryStreamArn: 'arn:aws:firehose:ap-northeast-1:123456789012:deliverystream/firehose-archive-test',
  region: 'ap-northeast-1',
  records: contents.map((content, index) => ({
    recordId: `r-${index}`,
    approximateArrivalTimestamp: Date.UTC(2026, 3, 1, 1),
    data: Buffer.from(JSON.stringify(content)).toString('base64'),
  })),
});

test('every record is answered, by its id and in order', async () => {
  const { records } = await handler(event(TRANSACTION, { ...TRANSACTION, currency: 'YEN' }));
  expect(records.map(({ recordId, result, metadata }) => [recordId, result, metadata?.partitionKeys])).toEqual([
    ['r-0', 'Ok', { kind: 'transactions' }],
    ['r-1', 'Ok', { kind: 'refused' }],
  ]);
});

test('counts are reported, and no content', async () => {
  await handler(event(TRANSACTION, { ...TRANSACTION, currency: 'YEN' }));
  expect(lines.find((line) => '_aws' in line)).toMatchObject({
    service: 'lambda-archiver-test',
    RecordsArchived: 1,
    RecordsRefused: 1,
    RefusalsDropped: 0,
    RecordsNotDecoded: 0,
  });
  expect(lines.find(({ message }) => message === 'records transformed')).toMatchObject({
    received: 2,
    archived: 1,
    refused: 1,
    dropped: 0,
    notDecoded: 0,
  });
  expect(JSON.stringify(lines)).not.toContain('customer-of-the-record');
});

test('while the database is away it waits, and gives up only before Lambda ends it', async () => {
  jest.useFakeTimers();
  query.mockRejectedValueOnce(new Error('no route to customer-of-the-record'));
  const answer = handler(event({ ...TRANSACTION, customerId: 'customer-new' }));
  await jest.advanceTimersByTimeAsync(2_000);
  expect((await answer).records[0]?.result).toBe('Ok');
  jest.useRealTimers();

  query.mockRejectedValue(new Error('no route to customer-of-the-record'));
  await expect(handler(event({ ...TRANSACTION, customerId: 'customer-newer' }), 14_999)).rejects.toThrow(
    'the keys of customers could not be had: Error; Firehose asks again',
  );
  expect(JSON.stringify(lines)).not.toContain('customer-of-the-record');
});
