import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { Platform } from '../../../local/platform';
import { run } from '../../../local/run';
import { KinesisTransport } from '../../../producer';

/** A poller that settles records as soon as they are put, `stored` of each hundred; the others fail. */
class FakePoller extends EventEmitter {
  settledRecords = 0;
  failedRecords = 0;
  drained = async () => {};

  settle(stored: number, failed: number): void {
    this.settledRecords += stored + failed;
    this.failedRecords += failed;
    if (stored > 0) this.emit('batch', { latenciesMs: Array(stored).fill(5), outcome: 'stored' });
    if (failed > 0) this.emit('failed', { condition: 'RetryAttemptsExhausted', location: 's3://failed/2026/x.json' });
  }
}

let folder: string;
let input: string;
let poller: FakePoller;
let written: string[];
let controller: AbortController;
let schedules: EventEmitter;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tap-run-'));
  input = join(folder, 'in.ndjson');
  writeFileSync(input, Array.from({ length: 10 }, (_, i) => `{"customerId":"cus_${i}"}\n`).join(''));
  poller = new FakePoller();
  schedules = new EventEmitter();
  written = [];
  controller = new AbortController();
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A platform whose stream does with a request what `onPut` says, and whose database holds what was settled. */
function platformWith(onPut: (records: number) => void): Platform {
  return {
    outputs: { kinesisStreamName: 'transactions', operateAliasArn: 'operations:operate', region: 'ap-northeast-1' },
    transport: new KinesisTransport(
      {
        send: async ({ input: { Records = [] } }: PutRecordsCommand) => {
          onPut(Records.length);
          return { Records: Records.map(() => ({ SequenceNumber: '1' })) };
        },
      } as never,
      'transactions',
    ),
    database: {
      query: async (sql: string) => {
        const stored = poller.settledRecords - poller.failedRecords;
        if (sql.includes("'stored' AS name")) return { rows: [{ name: 'stored', count: stored }] };
        if (sql.includes('tap.rule_sets')) return { rows: [{ version: 'jpy-1' }] };
        if (sql.includes('allowedWithReasons'))
          return { rows: [{ stored, quarantined: 0, review: 0, block: 0, allowedWithReasons: 0 }] };
        return { rows: [] };
      },
    },
    environment: {},
    poller,
    schedules,
    processes: () => [],
    functionLog: (lines: number) => [`the last ${lines} lines`],
    stop: async () => {},
  } as unknown as Platform;
}

async function runWith(onPut: (records: number) => void, options: object = {}) {
  const report = join(folder, 'report.json');
  const code = await run({
    options: { input, speed: 'max', archive: false, ingest: false, exit: true, report, ...options },
    platform: platformWith(onPut),
    signal: controller.signal,
    output: { write: (text: string) => written.push(text) },
  });
  return { code, report: JSON.parse(readFileSync(report, 'utf8')), output: written.join('') };
}

test('a file that is processed whole ends with 0', async () => {
  const { code, report } = await runWith((records) => poller.settle(records, 0));
  expect(code).toBe(0);
  expect(report).toMatchObject({
    input,
    complete: true,
    read: 10,
    stored: 10,
    duplicates: 0,
    latencyMs: { p50: 5, p95: 5, p99: 5 },
  });
  expect([...poller.eventNames(), ...schedules.eventNames()]).toEqual([]);
});

test('what is invoked at a rate and fails is told, once', async () => {
  const { code, output } = await runWith((records) => {
    const error = { errorType: 'PublisherError', errorMessage: 'the database is away' };
    for (const _ of [1, 2]) schedules.emit('failed', { name: 'events-publish-local' }, error);
    poller.settle(records, 0);
  });
  expect(code).toBe(0);
  const told = '! what events-publish-local invokes failed: PublisherError: the database is away\n';
  expect(output.split(told)).toHaveLength(2);
});

test('records that failed end it with 1 and are told, once', async () => {
  const { code, report, output } = await runWith((records) => {
    poller.settle(records - 2, 1);
    poller.settle(0, 1);
  });
  expect(code).toBe(1);
  expect(report).toMatchObject({ complete: true, read: 10, stored: 8, failedRecords: 2, unsettled: 0 });
  expect(output.split('! records were given up (RetryAttemptsExhausted) and kept at s3://failed/2026/\n')).toHaveLength(
    2,
  );
});

test('a line that is too long ends it with 1', async () => {
  writeFileSync(input, `{}\n${'x'.repeat(2_000_000)}\n`);
  const { code, report } = await runWith((records) => poller.settle(records, 0));
  expect(code).toBe(1);
  expect(report).toMatchObject({
    read: 2,
    stored: 1,
    oversizeLines: { total: 1, first: [{ line: 2, bytes: 2_000_000 }] },
  });
});

test('a stream that cannot be read ends it with 1, the reason and the functions’ log', async () => {
  const { code, report, output } = await runWith((records) => {
    poller.settle(records - 1, 0);
    poller.emit('error', new Error('the stream cannot be read'));
  });
  expect(code).toBe(1);
  expect(report).toMatchObject({ unsettled: 1, stored: 9 });
  expect(output).toContain('! the stream cannot be read\n  the last 10 lines\n');
});

test('an interrupted file ends with 130 and a report of what was put', async () => {
  writeFileSync(input, Array.from({ length: 3_000 }, (_, i) => `{"customerId":"cus_${i}"}\n`).join(''));
  const { code, report, output } = await runWith((records) => {
    poller.settle(records, 0);
    controller.abort(new Error('interrupted'));
  });
  expect(code).toBe(130);
  expect(report).toMatchObject({ complete: false, read: 500, stored: 500, unsettled: 0 });
  expect(output).toContain('Ending: what is in the stream is still processed. Ctrl-C again ends at once.\n');
});

test('generated traffic ends with Ctrl-C, and that is no interruption', async () => {
  let put = 0;
  const { code, report } = await runWith(
    (records) => {
      put += records;
      poller.settle(records, 0);
      controller.abort(new Error('interrupted'));
    },
    { input: undefined, exit: false },
  );
  expect(code).toBe(0);
  expect(report).toMatchObject({ input: 'generator', complete: true, read: put, stored: put });
});
