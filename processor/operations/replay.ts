import type { PoolClient } from 'pg';
import * as z from 'zod';
import { WINDOW_MS } from '../history/timeline';
import { inTransactionOf } from '../in-transaction';
import { PolicySource } from '../policy/policy';
import { Replay } from '../replay/replay';
import { type Disposition, MAX_EXAMPLES, type Report } from '../replay/report';
import { whole } from '../rules/parameters';
import { parseRuleSet, type RuleSet, ruleSetVersion, storedRuleSet } from '../rules/rule-set';
import { fromRow, TRANSACTION_COLUMNS, type TransactionRow, timestamp } from '../store/row';
import { transactionSchema } from '../transaction';
import { defineOperation } from './operation';

/** Rows read at a time: some megabytes, while as many are judged. */
const PORTION = 5_000;
/** How long a statement may take, milliseconds: the first of a day has the day's transactions sorted. */
const STATEMENT_TIMEOUT_MS = 120_000;
/**
 * After this a call answers for what it has judged so far, milliseconds. It is below the function's timeout, and below the
 * 350 seconds after which a connection that carries nothing is cut on its way through AWS.
 */
const WORK_MS = 200_000;
/** Memory that a transaction takes while its 24 hours last, bytes, and the part of the function's that may go into them. */
const BYTES_HELD = 600;
const SHARE_HELD = 0.7;

const { occurredAt: time } = transactionSchema.shape;
const ruleSet = z.union([ruleSetVersion, z.looseObject({})], 'set the version of a rule set, or a rule set');

/**
 * Judges the stored transactions of a span again, by a candidate and by a baseline, the active rule set when none is named,
 * with the lists and dispositions as they are now. It judges as much as there is time for: the report's `to` says how far it
 * came, and another call goes on from there.
 *
 * @throws when there is no such rule set, or 24 hours hold more transactions than the function has memory or time for
 */
export const replay = defineOperation({
  by: 'operator',
  request: {
    candidate: ruleSet,
    baseline: ruleSet.optional(),
    from: time,
    to: time,
    examples: whole(0, MAX_EXAMPLES).default(10),
  },
  run: (request, { database }) => inTransactionOf(database, (client) => replayStored(client, request, WORK_MS)),
});

interface Request {
  candidate: string | object;
  baseline?: string | object;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  from: number;
  to: number;
  examples: number;
}

/**
 * @param client in a transaction that has not begun to read
 * @param workMs how long it may take before it answers for a part, milliseconds
 */
export async function replayStored(client: PoolClient, request: Request, workMs: number): Promise<Report> {
  const started = performance.now();
  const { from, to, examples } = request;
  if (from >= to) throw new Error('replay: to: must be after from');
  await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(`SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
  const { active, lists } = await new PolicySource(client).current();
  const candidate = await ruleSetOf(client, request.candidate);
  const baseline = request.baseline === undefined ? active : await ruleSetOf(client, request.baseline);
  const dispositions = await dispositionsOf(client, from, to);
  const knownSince = await knownBefore(client, from - WINDOW_MS);
  const run = new Replay({ baseline, candidate, lists, from, examples, knownSince });

  let end = to;
  for await (const rows of stored(client, from - WINDOW_MS, to)) {
    for (const row of rows) {
      const transaction = fromRow(row);
      if (transaction.occurredAt >= end) return run.report(from, end);
      run.take(transaction, dispositions.get(transaction.transactionId));
    }
    requireMemory(run.held);
    if (end === to && performance.now() - started > workMs) end = endOfPart(run.reached, from);
  }
  return run.report(from, end);
}

/** Everything up to the last transaction, and those that happened at the same time, makes a part. */
function endOfPart(reached = Number.NEGATIVE_INFINITY, from: number): number {
  if (reached >= from) return reached + 1;
  throw new Error(
    `the 24 hours before ${timestamp(from)} alone took longer than a call may; give the function more memory ` +
      '(operationsMemoryMib), with which it gets more of a processor',
  );
}

function requireMemory(held: number): void {
  const mebibytes = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? Number.POSITIVE_INFINITY);
  const most = Math.floor((mebibytes * 2 ** 20 * SHARE_HELD) / BYTES_HELD);
  if (held <= most) return;
  throw new Error(
    `24 hours hold more than the ${most} transactions that ${mebibytes} MiB are enough for; give the function more memory ` +
      '(operationsMemoryMib), or replay a file',
  );
}

async function ruleSetOf(client: PoolClient, named: string | object): Promise<RuleSet> {
  if (typeof named === 'object') return parseRuleSet(JSON.stringify(named));
  const { rows } = await client.query('SELECT content FROM tap.rule_sets WHERE version = $1', [named]);
  if (rows.length === 0) throw new Error(`there is no rule set ${named}; "rule-sets" lists those there are`);
  return storedRuleSet(rows[0].content);
}

async function dispositionsOf(client: PoolClient, from: number, to: number): Promise<Map<string, Disposition>> {
  const { rows } = await client.query<{ transaction_id: string; disposition: Disposition }>(
    'SELECT transaction_id, disposition FROM tap.current_dispositions WHERE occurred_at >= $1 AND occurred_at < $2',
    [timestamp(from), timestamp(to)],
  );
  return new Map(rows.map(({ transaction_id, disposition }) => [transaction_id, disposition]));
}

/** `time`, where something is stored that happened then or before. */
async function knownBefore(client: PoolClient, time: number): Promise<number | undefined> {
  const { rowCount } = await client.query('SELECT FROM tap.transactions WHERE occurred_at <= $1 LIMIT 1', [
    timestamp(time),
  ]);
  return rowCount === 0 ? undefined : time;
}

/** What happened after `after` and before `to`, in order. The next portion is on its way while one is judged. */
async function* stored(client: PoolClient, after: number, to: number): AsyncGenerator<TransactionRow[]> {
  await client.query(
    `DECLARE replayed NO SCROLL CURSOR FOR SELECT ${TRANSACTION_COLUMNS} FROM tap.transactions
      WHERE occurred_at > $1 AND occurred_at < $2 ORDER BY transactions.occurred_at, transaction_id`,
    [timestamp(after), timestamp(to)],
  );
  const fetch = () => client.query<TransactionRow>(`FETCH ${PORTION} FROM replayed`);
  let next = fetch();
  try {
    for (;;) {
      const { rows } = await next;
      if (rows.length === 0) return;
      next = fetch();
      yield rows;
    }
  } finally {
    await next.catch(() => undefined);
  }
}
