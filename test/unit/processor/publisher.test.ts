const database = { query: jest.fn() };
const send = jest.fn();

jest.mock('../../../processor/database', () => ({ openDatabase: () => database }));
jest.mock('@aws-sdk/client-sns', () => ({
  SNSClient: jest.fn(() => ({ send })),
  PublishBatchCommand: jest.fn((input) => input),
}));

process.env.ALERT_TOPIC_ARN = 'arn:aws:sns:ap-northeast-1:123456789012:sns-alerts-test.fifo';
process.env.POWERTOOLS_DEV = 'true';
process.env.POWERTOOLS_METRICS_DISABLED = 'false';
process.env.POWERTOOLS_METRICS_NAMESPACE = 'JapanCart/TransactionMonitoring';
process.env.POWERTOOLS_SERVICE_NAME = 'lambda-publisher-test';

const ALERT = {
  id: '7',
  customerId: 'customer-of-the-alert',
  transactionId: 'tx-1',
  revision: 1,
  content: '{"score":80}',
};

let statements: string[];
let locked: boolean;
let waiting: object[];
let lines: Record<string, unknown>[];
let handler: (event: unknown, context: { getRemainingTimeInMillis(): number }) => Promise<unknown>;

const run = (milliseconds = 60_000) => handler({}, { getRemainingTimeInMillis: () => milliseconds });

beforeAll(async () => {
  ({ handler } = await import('../../../processor/publisher'));
});

beforeEach(() => {
  statements = [];
  lines = [];
  locked = true;
  waiting = [ALERT];
  send.mockReset().mockImplementation(async () => {
    waiting = [];
    return { Successful: [{ Id: '7' }] };
  });
  database.query.mockReset().mockImplementation(async (sql: string) => {
    const [kind = ''] = /pg_try_advisory_lock|pg_advisory_unlock|SELECT id|UPDATE|extract/.exec(sql) ?? [];
    statements.push(kind);
    const rows = { pg_try_advisory_lock: [{ locked }], 'SELECT id': waiting, extract: [{ seconds: 12.5 }] };
    return { rows: rows[kind as keyof typeof rows] ?? [] };
  });
  for (const method of ['log', 'info', 'warn', 'error'] as const) {
    jest
      .spyOn(console, method)
      .mockImplementation((...line: unknown[]) => void lines.push(JSON.parse(String(line[0]))));
  }
});

afterEach(() => jest.restoreAllMocks());

const metrics = () => lines.find((line) => '_aws' in line);

test('publishes what waits under a lock, and measures it', async () => {
  expect(await run()).toEqual({ published: 1, failed: 0 });
  expect(statements).toEqual([
    'pg_try_advisory_lock',
    'SELECT id',
    'UPDATE',
    'SELECT id',
    'extract',
    'pg_advisory_unlock',
  ]);
  expect(metrics()).toMatchObject({
    service: 'lambda-publisher-test',
    AlertsPublished: 1,
    AlertPublishFailures: 0,
    OldestAlertSeconds: 12.5,
  });
  expect(JSON.stringify(lines)).not.toContain('customer-of-the-alert');
});

test('does nothing while another publisher holds the lock', async () => {
  locked = false;
  expect(await run()).toBeUndefined();
  expect(statements).toEqual(['pg_try_advisory_lock']);
  expect(send).not.toHaveBeenCalled();
  expect(lines).toEqual([]);
});

test('leaves what waits to the next run when its time is nearly up', async () => {
  expect(await run(20_000)).toEqual({ published: 0, failed: 0 });
  expect(send).not.toHaveBeenCalled();
  expect(metrics()).toMatchObject({ AlertsPublished: 0, OldestAlertSeconds: 12.5 });
});

test('says what the topic refuses by its code', async () => {
  send.mockResolvedValue({ Failed: [{ Id: '7', Code: 'KMSThrottling', Message: 'about customer-of-the-alert' }] });
  expect(await run()).toEqual({ published: 0, failed: 1 });
  expect(lines).toContainEqual(
    expect.objectContaining({ message: 'the topic refused an alert', code: 'KMSThrottling' }),
  );
  expect(metrics()).toMatchObject({ AlertsPublished: 0, AlertPublishFailures: 1 });
  expect(JSON.stringify(lines)).not.toContain('customer-of-the-alert');
});

test('fails without a word of the alert when the topic is away, and gives the lock back', async () => {
  send.mockRejectedValue(Object.assign(new Error('cannot send customer-of-the-alert'), { name: 'AuthorizationError' }));
  await expect(run()).rejects.toThrow(new Error('publishing alerts failed: AuthorizationError; the next run goes on'));
  expect(statements.at(-1)).toBe('pg_advisory_unlock');
  expect(metrics()).toMatchObject({ AlertsPublished: 0, OldestAlertSeconds: 12.5 });
  expect(JSON.stringify(lines)).not.toContain('customer-of-the-alert');
});

test('fails when the database is away', async () => {
  database.query.mockRejectedValue(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }));
  await expect(run()).rejects.toThrow('publishing alerts failed: Error ECONNREFUSED; the next run goes on');
  expect(metrics()).toBeUndefined();
});
