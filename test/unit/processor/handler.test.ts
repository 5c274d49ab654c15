import { readFileSync } from 'node:fs';
import type { KinesisStreamEvent } from 'aws-lambda';
import { MemoryCache, MemoryHistory } from '../../helpers/memory-stores';
import { asRecord, HOUR, T0, transaction } from '../../helpers/transactions';

const RULE_SET = JSON.parse(readFileSync('processor/rules/rule-set.json', 'utf8'));
const database = { query: jest.fn() };
let onDatabaseError: (error: Error) => void;
let history: MemoryHistory;
let failure: Error | undefined;
const opened: object[] = [];

jest.mock('../../../processor/history/redis', () => ({
  RedisHistoryStore: class {
    constructor(options: object) {
      opened.push(options);
    }
    append = (transactions: never) => (failure ? Promise.reject(failure) : history.append(transactions));
  },
}));
jest.mock('../../../processor/database', () => ({
  openDatabase: (listener: (error: Error) => void) => {
    onDatabaseError = listener;
    return database;
  },
}));

process.env.ALLOWED_LATENESS_MINUTES = '90';
process.env.POWERTOOLS_DEV = 'true';
process.env.POWERTOOLS_METRICS_DISABLED = 'false';
process.env.POWERTOOLS_METRICS_NAMESPACE = 'JapanCart/TransactionMonitoring';
process.env.POWERTOOLS_SERVICE_NAME = 'lambda-processor-test';

/** Of an array in PostgreSQL's binary form. */
const arrayLength = (array: Buffer) => (array.readInt32BE(0) === 0 ? 0 : array.readInt32BE(12));

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
  failure = undefined;
  const begun = { generation: { number: 1, completeAfter: T0 - 4 * HOUR }, begun: true };
  history = new MemoryHistory(new MemoryCache(), { beginGeneration: async () => begun }, async () => {});
  const rows: Record<string, (values: unknown[]) => object[]> = {
    'rule-sets': () => [
      { version: RULE_SET.version, state: 'active', content: RULE_SET },
      {
        version: 'strict',
        state: 'shadow',
        content: { ...RULE_SET, version: 'strict', cutoffs: { review: 1, block: 2 } },
      },
    ],
    'list-changes': () => [],
    accept: (values) => [{ stored: arrayLength(values[1] as Buffer), repeated: [], conflicts: [], judged: [] }],
    record: () => [{ recorded: true }],
  };
  database.query.mockReset().mockImplementation(async ({ name, values }) => ({ rows: rows[name]?.(values) }));
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
    IncompleteVerdicts: 2,
    ShadowVerdicts: 1,
  });
  expect(_aws.CloudWatchMetrics).toMatchObject([
    { Namespace: 'JapanCart/TransactionMonitoring', Dimensions: [['service']] },
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/customer-of-the-payload|amount/);
  expect(database.query.mock.calls.map(([{ name }]) => name)).toEqual([
    'rule-sets',
    'list-changes',
    'accept',
    'record',
  ]);
  expect(opened).toEqual([expect.objectContaining({ allowedLatenessMs: 90 * 60_000 })]);
});

test('the policy is not asked for with every batch', async () => {
  await handler(event());
  database.query.mockClear();
  await handler(event());
  expect(database.query.mock.calls.map(([{ name }]) => name)).toEqual(['accept']);
});

test.each([
  [
    'Redis',
    () => {
      failure = Object.assign(new Error('quotes 4980'), { name: 'ConnectionError', code: 'ETIMEDOUT' });
    },
    'ConnectionError ETIMEDOUT',
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

test('a connection to the database that breaks while idle is logged by name', () => {
  onDatabaseError(Object.assign(new Error('secret'), { code: 'ECONNRESET' }));
  expect(lines.map(({ level, message, error }) => [level, message, error])).toEqual([
    ['WARN', 'connection to PostgreSQL broke', 'Error ECONNRESET'],
  ]);
});
