import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { PatternTally } from '../../../local/console/patterns';
import { AlertFeed, countVerdicts } from '../../../local/console/verdicts';
import { buildReport, type RunFigures, writeReport, writeVerdicts } from '../../../local/report';
import { type Accepted, decode } from '../../../processor/decode';
import { PostgresStore } from '../../../processor/store/postgres';
import type { Reason, Transaction } from '../../../processor/types';
import { startDatabase, type TestDatabase } from '../../helpers/database';
import { migrate } from '../../helpers/migrated-database';
import { asRecord, bytes, HOUR, MINUTE, T0, transaction } from '../../helpers/transactions';

const DAY = 24 * HOUR;
const TRAVEL: Reason = {
  rule: 'impossible-travel',
  weight: 40,
  observed: 56_800,
  limit: 1000,
  windowMinutes: 1440,
  distanceKm: 1420,
  distanceLimitKm: 500,
  elapsedMs: 90_000,
  from: 'tx-0',
};
const LARGE: Reason = { rule: 'large-amount', weight: 40, observed: 620_000, limit: 500_000, currency: 'JPY' };
const MISMATCH: Reason = {
  rule: 'country-mismatch',
  weight: 20,
  observed: 2,
  limit: 1,
  cardIssuerCountry: 'BR',
  billingCountry: 'JP',
};
const RUN: RunFigures = {
  input: 'file.ndjson',
  complete: true,
  read: 12,
  put: 11,
  settled: 10,
  failedRecords: 1,
  refused: 0,
  oversizeLines: { total: 1, first: [{ line: 4, bytes: 2_000_000 }] },
  latencyMs: { p50: 10, p95: 20, p99: 30 },
  wallSeconds: 2,
  patterns: [],
};

let server: TestDatabase;
let operator: Client;
let processor: Client;
let store: PostgresStore;
let folder: string;

const { version } = JSON.parse(readFileSync('processor/rules/rule-set.json', 'utf8'));

async function judge(
  t: Transaction,
  position: number,
  triggeredBy: string,
  decision: 'allow' | 'review' | 'block',
  reasons: Reason[],
  coverageSeconds = 86_400,
) {
  await store.record(
    [
      {
        transaction: t,
        position,
        triggeredBy,
        late: false,
        coverageSeconds,
        ruleSetVersion: version,
        listsVersion: 0,
        verdict: { decision, score: reasons.reduce((sum, { weight }) => sum + weight, 0), reasons },
      },
    ],
    [],
    1,
  );
}

beforeAll(async () => {
  server = await startDatabase();
  server.pack('rule-set.json', readFileSync('processor/rules/rule-set.json', 'utf8'));
  await migrate();
  operator = await server.connect('tap_operator');
  processor = await server.connect('tap_processor');
  store = new PostgresStore(processor as never);
  folder = mkdtempSync(join(tmpdir(), 'tap-report-'));

  const transactions = ['b', 'a', 'c', 'd', 'e'].map((id, i) =>
    transaction({
      transactionId: id,
      occurredAt: T0 + (id === 'c' ? DAY : i < 2 ? 0 : -i * MINUTE),
      amount: 620_000,
      outcome: 'approved',
    }),
  );
  await store.accept(
    transactions.map((t, i) => ({ eventId: `shard:${i}`, ...(decode(bytes(asRecord(t)), T0 + 2 * DAY) as Accepted) })),
    ['not-json', 'missing:amount', 'not-json'].map((reason, i) => ({
      eventId: `bad:${i}`,
      reason,
      detail: '',
      record: '',
    })),
  );
  const [b, a, c, d, e] = transactions as [Transaction, Transaction, Transaction, Transaction, Transaction];
  await judge(b, 1, 'b', 'review', [LARGE]);
  await judge(a, 1, 'a', 'allow', []);
  await judge(a, 2, 'd', 'block', [LARGE, TRAVEL]);
  await judge(c, 1, 'c', 'allow', [MISMATCH]);
  await judge(d, 1, 'd', 'review', [LARGE]);
  await judge(d, 2, 'e', 'allow', []);
  await judge(e, 1, 'e', 'allow', []);
}, 60_000);

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await operator.end();
  await processor.end();
  await server.stop();
});

test('the report counts final verdicts, and what is neither stored nor refused is a duplicate', async () => {
  expect(await buildReport(RUN, operator as never)).toEqual({
    input: 'file.ndjson',
    complete: true,
    ruleSetVersion: version,
    read: 12,
    stored: 5,
    duplicates: 1,
    quarantined: { total: 3, byReason: { 'not-json': 2, 'missing:amount': 1 } },
    failedRecords: 1,
    unsettled: 1,
    refused: 0,
    oversizeLines: { total: 1, first: [{ line: 4, bytes: 2_000_000 }] },
    decisions: { allow: 3, review: 1, block: 1 },
    rules: { 'large-amount': 2, 'country-mismatch': 1, 'impossible-travel': 1 },
    latencyMs: { p50: 10, p95: 20, p99: 30 },
    wallSeconds: 2,
    throughput: 5,
  });
});

test('the report names the patterns where there are any', async () => {
  const patterns = [{ pattern: 'large-amount', injected: 2, detected: 1 }];
  expect((await buildReport({ ...RUN, patterns }, operator as never)).patterns).toEqual(patterns);
});

test('the report is written whole, in place of an older one', async () => {
  const file = join(folder, 'report.json');
  for (const read of [1, 2]) {
    const report = await buildReport({ ...RUN, read }, operator as never);
    await writeReport(file, report);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(report);
  }
  expect(readdirSync(folder)).toEqual(['report.json']);
});

test('a report that cannot be put in place leaves nothing behind', async () => {
  const report = await buildReport(RUN, operator as never);
  await expect(writeReport(folder, report)).rejects.toMatchObject({ code: 'EISDIR' });
  expect(readdirSync(join(folder, '..')).filter((name) => name.startsWith(`${folder.split('/').at(-1)}.`))).toEqual([]);
});

test('the verdicts file holds every final verdict with reasons, by event time and then id', async () => {
  const file = join(folder, 'verdicts.ndjson');
  const client = { query: (sql: string) => operator.query(sql), release: jest.fn() };
  await writeVerdicts(file, { connect: async () => client } as never);
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { transactionId: 'a', decision: 'block', score: 80, reasons: [LARGE, TRAVEL] },
    { transactionId: 'b', decision: 'review', score: 40, reasons: [LARGE] },
    { transactionId: 'c', decision: 'allow', score: 20, reasons: [MISMATCH] },
  ]);
  expect(lines[1]).toBe(
    '{"transactionId":"b","decision":"review","score":40,' +
      '"reasons":[{"rule":"large-amount","weight":40,"observed":620000,"limit":500000,"currency":"JPY"}]}',
  );
  expect(client.release).toHaveBeenCalledWith();
});

test('counts current verdicts only', async () => {
  expect(await countVerdicts(operator as never)).toEqual({
    stored: 5,
    quarantined: 3,
    review: 1,
    block: 1,
    allowedWithReasons: 1,
  });
});

test('gives each verdict with reasons once, the latest first, in words', async () => {
  const feed = new AlertFeed(operator as never);
  const first = await feed.next();
  expect(first.map((alert) => [alert.transactionId, alert.decision, alert.revised, alert.withdrawn])).toEqual([
    ['d', 'allow', true, true],
    ['d', 'review', false, false],
    ['c', 'allow', false, false],
    ['a', 'block', true, false],
    ['b', 'review', false, false],
  ]);
  expect(first[3]).toEqual({
    transactionId: 'a',
    occurredAt: '2026-04-01T00:00:00.000Z',
    judgedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    decision: 'block',
    score: 80,
    amount: '¥620,000',
    customerId: 'customer-1',
    outcome: 'approved',
    revised: true,
    withdrawn: false,
    coverageSeconds: 86_400,
    reasons: [
      {
        rule: 'large-amount',
        weight: 40,
        text: '¥620,000 in one payment (limit ¥500,000)',
        evidence: { observed: 620_000, limit: 500_000, currency: 'JPY' },
      },
      expect.objectContaining({
        rule: 'impossible-travel',
        text: '1,420 km from tx-0 in 90 s: 56,800 km/h (limit 1,000)',
      }),
    ],
  });
  expect(await feed.next()).toEqual([]);
});

test('a pattern is detected when its own rule is among the reasons of the transaction that completes it', async () => {
  const tally = new PatternTally();
  const label = (transactionId: string, pattern: string, completes = true) =>
    tally.add({ transactionId, pattern, completes });
  label('x', 'large-amount', false);
  label('a', 'impossible-travel');
  label('b', 'impossible-travel');
  label('c', 'country-mismatch');
  label('unknown', 'large-amount');
  label('d', 'large-amount');
  await tally.update(operator as never);
  await tally.update(operator as never);
  expect(tally.counts()).toEqual([
    { pattern: 'country-mismatch', injected: 1, detected: 1 },
    { pattern: 'impossible-travel', injected: 2, detected: 1 },
    { pattern: 'large-amount', injected: 2, detected: 0 },
  ]);
  expect(tally.patternOf('x')).toBe('large-amount');
  expect(tally.patternOf('y')).toBeUndefined();
});

test('an alert that is withdrawn comes once more, also where no reason is left', async () => {
  const feed = new AlertFeed(operator as never);
  await feed.next();
  const [b, a] = [
    transaction({ transactionId: 'b', occurredAt: T0 }),
    transaction({ transactionId: 'a', occurredAt: T0 }),
  ];
  await judge(b, 3, 'e', 'allow', [], 3_600);
  await judge(a, 3, 'e', 'allow', [MISMATCH]);
  const shown = await feed.next();
  expect(
    shown.map((alert) => [alert.transactionId, alert.withdrawn, alert.coverageSeconds, alert.reasons.length]),
  ).toEqual([
    ['a', true, 86_400, 1],
    ['b', true, 3_600, 0],
  ]);
  expect(await feed.next()).toEqual([]);
});
