import { readFileSync } from 'node:fs';
import type { KinesisStreamEvent } from 'aws-lambda';
import { asRecord, T0, transaction } from '../../helpers/transactions';

const redis = { isOpen: false, connect: jest.fn(), withTypeMapping: () => redis, eval: jest.fn() };
const database = { query: jest.fn() };
const onError: Record<string, (error: Error) => void> = {};

jest.mock('../../../processor/history/connect', () => ({
  createRedisClient: (listener: (error: Error) => void) => {
    onError.redis = listener;
    return redis;
  },
}));
jest.mock('../../../processor/database', () => ({
  openDatabase: (listener: (error: Error) => void) => {
    onError.postgres = listener;
    return database;
  },
}));
jest.mock('../../../processor/settings', () => ({
  packedFile: (name: string) => readFileSync(`processor/rules/${name}`, 'utf8'),
}));

process.env.POWERTOOLS_DEV = 'true';
process.env.POWERTOOLS_METRICS_DISABLED = 'false';
process.env.POWERTOOLS_METRICS_NAMESPACE = 'JapanCart/TransactionMonitoring';
process.env.POWERTOOLS_SERVICE_NAME = 'lambda-processor-test';

const event = (...records: unknown[]) =>
  ({
    Records: records.map((record, i) => ({
      eventID: `shardId-000000000000:${i}`,
      kinesis: { data: Buffer.from(typeof record === 'string' ? record : JSON.stringify(record)).toString('base64') },
    })),
  }) as KinesisStreamEvent;

let lines: Record<string, unknown>[];
let handler: (event: KinesisStreamEvent) => Promise<unknown>;

beforeAll(async () => {
  ({ handler } = await import('../../../processor/handler'));
});

beforeEach(() => {
  lines = [];
  redis.isOpen = false;
  redis.connect.mockReset().mockImplementation(async () => {
    redis.isOpen = true;
  });
  redis.eval.mockReset().mockImplementation(async (_: string, { keys }: { keys: string[] }) => keys.map(() => null));
  database.query.mockReset().mockImplementation(async ({ name, values }: { name: string; values: string[] }) => ({
    rows:
      name === 'accept' ? [{ stored: String(JSON.parse(values[0] as string).length), conflicts: [], judged: [] }] : [],
  }));
  for (const method of ['log', 'info', 'warn', 'error'] as const) {
    jest
      .spyOn(console, method)
      .mockImplementation((...line: unknown[]) => void lines.push(JSON.parse(String(line[0]))));
  }
});

afterEach(() => jest.restoreAllMocks());

const metricsOf = () =>
  lines.find((line) => '_aws' in line) as Record<string, unknown> & { _aws: { CloudWatchMetrics: unknown[] } };

test('a batch is processed, measured in embedded metric format and logged without its payload', async () => {
  const record = asRecord(transaction({ occurredAt: T0, customerId: 'customer-of-the-payload' }));
  expect(await handler(event(record, '{"amount"', { ...record, transactionId: 'tx-2', amount: 5_000_000 }))).toEqual({
    batchItemFailures: [],
  });
  const { _aws, BatchDuration, ...figures } = metricsOf();
  expect(figures).toEqual({
    service: 'lambda-processor-test',
    RecordsReceived: 3,
    TransactionsStored: 2,
    DuplicateRecords: 0,
    QuarantinedRecords: 1,
    ReviewVerdicts: 1,
    BlockVerdicts: 0,
    RevisedVerdicts: 0,
    LateTransactions: 0,
  });
  expect(_aws.CloudWatchMetrics).toMatchObject([
    { Namespace: 'JapanCart/TransactionMonitoring', Dimensions: [['service']] },
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/customer-of-the-payload|amount/);
  expect(database.query.mock.calls.map(([{ name }]) => name)).toEqual(['accept', 'record']);
  expect(redis.eval).toHaveBeenCalledTimes(1);
});

test('connects once, and anew after the connection was given up', async () => {
  await handler(event());
  await handler(event());
  expect(redis.connect).toHaveBeenCalledTimes(1);
  redis.isOpen = false;
  await handler(event());
  expect(redis.connect).toHaveBeenCalledTimes(2);
});

test.each([
  [
    'Redis',
    () => redis.eval.mockRejectedValue(Object.assign(new Error('quotes 4980'), { name: 'ClientOfflineError' })),
    'ClientOfflineError',
  ],
  [
    'PostgreSQL',
    () => database.query.mockRejectedValue(Object.assign(new Error('quotes 4980'), { name: 'error', code: '57P01' })),
    'error 57P01',
  ],
])(
  'without %s the batch fails, to be delivered again, and what the store said is not repeated',
  async (_, breakIt, name) => {
    breakIt();
    const failure = handler(event(asRecord(transaction())));
    await expect(failure).rejects.toThrow(`a batch of 1 records failed: ${name}; it will be delivered again`);
    await expect(failure).rejects.not.toHaveProperty('cause');
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        message: 'batch failed',
        records: 1,
        firstEvent: 'shardId-000000000000:0',
        error: name,
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('4980');
  },
);

test('connections that break while idle are logged by name', () => {
  onError.redis?.(new Error('secret'));
  onError.postgres?.(Object.assign(new Error('secret'), { code: 'ECONNRESET' }));
  expect(lines.map(({ level, message, error }) => [level, message, error])).toEqual([
    ['WARN', 'connection to Redis broke', 'Error'],
    ['WARN', 'connection to PostgreSQL broke', 'Error ECONNRESET'],
  ]);
});
