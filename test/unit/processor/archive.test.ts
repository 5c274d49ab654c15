import type { FirehoseTransformationEvent, FirehoseTransformationResult } from 'aws-lambda';

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
let handler: (event: FirehoseTransformationEvent) => Promise<FirehoseTransformationResult>;

beforeAll(async () => {
  ({ handler } = await import('../../../processor/archive'));
});
beforeEach(() => {
  lines = [];
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
