import { Pool } from 'pg';
import { inTransactionOf } from '../../../../processor/in-transaction';
import { replayStored } from '../../../../processor/operations/replay';
import { listsAt } from '../../../../processor/policy/policy';
import { Replay } from '../../../../processor/replay/replay';
import type { Disposition, Report } from '../../../../processor/replay/report';
import { parseRuleSet } from '../../../../processor/rules/rule-set';
import { replayStored as replayInCalls } from '../../../../scripts/replay/stack';
import {
  arrival,
  invoke,
  type MigratedDatabase,
  RULE_SET,
  startMigratedDatabase,
} from '../../../helpers/migrated-database';
import { HOUR, MINUTE, T0, transaction } from '../../../helpers/transactions';
import { ruleSetOf } from '../replay/rule-sets';

const candidate = ruleSetOf('tried', { 'token-velocity': { count: 2 }, 'block-list': {} });

/** Every ten minutes of three days, on three tokens in turn; the last ones are stored first. */
const transactions = Array.from({ length: 432 }, (_, i) =>
  transaction({
    transactionId: `tx-${String(i).padStart(3, '0')}`,
    occurredAt: T0 + i * 10 * MINUTE,
    amount: 100_000 + i,
    paymentToken: `t${Math.floor(i / 4) % 3}`,
    deviceId: 'd1',
    location: { latitude: 35.1, longitude: 139.2 },
  }),
);
const FROM = T0 + 30 * HOUR;
const TO = T0 + 60 * HOUR;
const DISPOSITIONS = new Map<string, Disposition>([
  ['tx-200', 'confirmed-fraud'],
  ['tx-201', 'false-positive'],
  ['tx-100', 'confirmed-fraud'],
]);
const span = { from: new Date(FROM).toISOString(), to: new Date(TO).toISOString() };

let database: MigratedDatabase;

beforeAll(async () => {
  database = await startMigratedDatabase();
  const arrivals = [...transactions.slice(-10), ...transactions.slice(0, -10)].map((t) => arrival(t));
  await database.store.accept(arrivals, []);
  for (const [id, disposition] of DISPOSITIONS) {
    await database.operator.query(
      `INSERT INTO tap.dispositions (transaction_id, disposition, analyst, note) VALUES ($1, $2, 'alice', 'looked into')`,
      [id, disposition],
    );
  }
  const entry = { list: 'block', kind: 'token', value: 't2', reason: 'stolen', author: 'alice' };
  await invoke({ action: 'list-add', ...entry });
  await invoke({ action: 'propose', ruleSet: candidate, author: 'alice', reason: 'to try' });
}, 60_000);

afterAll(() => database?.stop());

/** What a replay in memory of the same transactions reports. */
async function expected(changes: { examples?: number; from?: number } = {}): Promise<Report> {
  const { examples = 10, from = FROM } = changes;
  const lists = await listsAt(database.operator as never, Number.MAX_SAFE_INTEGER);
  const baseline = parseRuleSet(JSON.stringify(RULE_SET));
  const known = transactions.filter(({ occurredAt }) => occurredAt > from - 24 * HOUR && occurredAt < TO);
  const knownSince = from - 24 * HOUR >= T0 ? from - 24 * HOUR : undefined;
  const run = new Replay({ baseline, candidate, lists, from, knownSince, examples });
  for (const t of known) run.take(t, DISPOSITIONS.get(t.transactionId));
  return run.report(from, TO);
}

test('reports what a replay in memory reports, with the lists and dispositions there are', async () => {
  const report = (await invoke({ action: 'replay', candidate: 'tried', ...span })) as Report;
  expect(report).toEqual(await expected());
  expect([report.transactions, report.partial, report.baseline]).toEqual([180, 0, RULE_SET.version]);
  expect(report.rules['block-list']?.candidate).toBe(60);
  expect(report.dispositions['confirmed-fraud'].total).toBe(1);
  expect(report.dispositions['false-positive'].total).toBe(1);
  expect(Object.keys(report.days)).toEqual(['2026-04-02', '2026-04-03']);
});

test('takes a rule set that was never proposed, and writes down what was asked', async () => {
  const asked = { candidate: { ...candidate, version: 'unheard-of' }, baseline: RULE_SET.version, examples: 0 };
  const report = (await invoke({ action: 'replay', ...asked, ...span })) as Report;
  expect(report).toEqual({ ...(await expected({ examples: 0 })), candidate: 'unheard-of' });
  expect(
    await database.only(
      `SELECT detail->'candidate'->>'version', detail->>'baseline' FROM tap.audit_log WHERE action = 'replay' ORDER BY id DESC LIMIT 1`,
    ),
  ).toEqual(['unheard-of', RULE_SET.version]);
});

test('says how many have less than 24 hours before them', async () => {
  const whole = { from: new Date(T0).toISOString(), to: span.to };
  const report = (await invoke({ action: 'replay', candidate: 'tried', ...whole })) as Report;
  expect(report).toEqual(await expected({ from: T0 }));
  expect(report.partial).toBe(144);
});

test('answers for a part when its time is over, and the command goes on from there', async () => {
  const pool = new Pool({ max: 1 });
  pool.connect = (async () => Object.assign(database.operator, { release: () => undefined })) as never;
  let calls = 0;
  const report = await replayInCalls(
    { candidate, from: FROM, to: TO, examples: 10 },
    async (asked) => {
      const { from, to, ...rest } = asked as { from: string; to: string; candidate: object; examples: number };
      const times = { from: Date.parse(from), to: Date.parse(to) };
      const workMs = calls++ === 0 ? -1 : Number.POSITIVE_INFINITY;
      return inTransactionOf(pool, (client) => replayStored(client, { ...rest, ...times }, workMs));
    },
    (_, fraction) => {
      if (calls === 1) expect(fraction).toBe((TO - 10 * MINUTE + 1 - FROM) / (TO - FROM));
    },
  );
  expect(calls).toBe(2);
  expect(report).toEqual(await expected());
});

test.each<[string, object, string]>([
  [
    'a rule set that is not there',
    { candidate: 'none' },
    'there is no rule set none; "rule-sets" lists those there are',
  ],
  ['an empty span', { candidate: 'tried', to: span.from }, 'replay: to: must be after from'],
  [
    'a time that is none',
    { candidate: 'tried', from: '2026-04-01' },
    'replay: from: found a text of 10 characters; must be an RFC 3339 time',
  ],
  ['a candidate that is no rule set', { candidate: {} }, 'The rule set is not valid'],
  [
    'a candidate of another type',
    { candidate: 3 },
    'replay: candidate: found 3; set the version of a rule set, or a rule set',
  ],
  [
    'too many examples',
    { candidate: 'tried', examples: 201 },
    'replay: examples: found 201; set a whole number from 0 to 200',
  ],
])('refuses %s', async (_, request, message) => {
  await expect(invoke({ action: 'replay', ...span, ...request })).rejects.toThrow(message);
});

test('refuses 24 hours that its memory does not hold, or its time', async () => {
  process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE = '0.1';
  await expect(invoke({ action: 'replay', candidate: 'tried', ...span })).rejects.toThrow(
    '24 hours hold more than the 122 transactions that 0.1 MiB are enough for; give the function more memory (operationsMemoryMib), or replay a file',
  );
  delete process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE;
  const client = Object.assign(database.operator, { release: () => undefined }) as never;
  await database.operator.query('BEGIN');
  const later = { candidate, from: T0 + 90 * HOUR, to: T0 + 91 * HOUR, examples: 1 };
  await expect(replayStored(client, later, -1)).rejects.toThrow(
    'the 24 hours before 2026-04-04T18:00:00.000Z alone took longer than a call may; give the function more memory',
  );
  await database.operator.query('ROLLBACK');
});
