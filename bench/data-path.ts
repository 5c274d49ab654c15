import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { entitiesOf, historiesOf } from '../processor/history/history';
import { layouts, packRecord } from '../processor/history/record';
import { Timeline } from '../processor/history/timeline';
import { processBatch, type StreamRecord } from '../processor/pipeline';
import { judge } from '../processor/rules';
import { parseRuleSet } from '../processor/rules/rule-set';
import type { EntityKind, Transaction, Verdict } from '../processor/types';
import { type Stores, startStores, workload } from './stores';

const START = Date.UTC(2026, 3, 1);
const TRANSACTIONS = 30_000;
const BATCH = 500;
const ROUNDS = 5;
const ruleSet = parseRuleSet(readFileSync(join(__dirname, '../processor/rules/rule-set.json'), 'utf8'));

/**
 * Transactions a second through decode, histories, rules and store in one process, against what the two servers take of
 * the same bytes with nothing around it: Valkey the same script without reading what it returns, PostgreSQL one insert a
 * batch into an unlogged table without an index. The limit is the lower of the two. Left out: Kinesis, Lambda, network.
 */
export async function run(): Promise<void> {
  const transactions = workload(TRANSACTIONS, 5_000, START);
  const records: StreamRecord[] = transactions.map((transaction, i) => ({
    eventId: `shard:${i}`,
    data: Buffer.from(JSON.stringify({ ...transaction, occurredAt: new Date(transaction.occurredAt).toISOString() })),
  }));
  const stores = await startStores();
  try {
    const rounds: { path: number; valkey: number; postgres: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const rates = { path: 0, valkey: 0, postgres: 0 };
      await stores.clear();
      rates.valkey = await measure(transactions, (batch) => valkeyOnly(stores, batch));
      await stores.clear();
      rates.postgres = await measure(records, (batch) => postgresOnly(stores, batch));
      await stores.clear();
      rates.path = await measure(records, (batch) => wholePath(stores, batch));
      if (round === 0) await check(stores, transactions, records);
      rounds.push(rates);
      console.log(
        `  round ${round + 1}: path ${rate(rates.path)}, Valkey alone ${rate(rates.valkey)}, PostgreSQL alone ${rate(rates.postgres)}`,
      );
    }
    const ratios = rounds.map(({ path, valkey, postgres }) => path / Math.min(valkey, postgres)).sort((a, b) => a - b);
    console.log(
      `  ratio of the path to the lower limit, median of ${ROUNDS} rounds: ${ratios[ROUNDS >> 1]?.toFixed(2)}`,
    );
  } finally {
    await stores.stop();
  }
}

/** Items a second, in batches, two of them at a time. */
async function measure<T>(items: readonly T[], work: (batch: readonly T[]) => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const from = next;
      next += BATCH;
      await work(items.slice(from, from + BATCH));
    }
  };
  await Promise.all([lane(), lane()]);
  return items.length / ((performance.now() - started) / 1000);
}

async function valkeyOnly({ redis }: Stores, batch: readonly Transaction[]): Promise<void> {
  const appended = new Map<string, Buffer[]>();
  for (const transaction of batch) {
    for (const { kind, key } of entitiesOf(transaction)) {
      const packed = packRecord(kind, layouts[kind].record(transaction) as never);
      appended.set(key, [...(appended.get(key) ?? []), packed]);
    }
  }
  await redis.eval(
    "for i, key in ipairs(KEYS) do redis.call('APPEND', key, ARGV[i]) redis.call('GETEX', key, 'EX', 90300) end",
    { keys: [...appended.keys()], arguments: [...appended.values()].map((parts) => Buffer.concat(parts)) },
  );
}

async function postgresOnly({ database }: Stores, batch: readonly StreamRecord[]): Promise<void> {
  await database.query({
    name: 'plain',
    text: 'INSERT INTO tap.plain SELECT * FROM unnest($1::text[], $2::text[])',
    values: [batch.map(({ eventId }) => eventId), batch.map(({ data }) => Buffer.from(data).toString())],
  });
}

function wholePath({ store, history }: Stores, batch: readonly StreamRecord[]) {
  return processBatch(batch, {
    store,
    history,
    judge: (transaction, histories) => judge(transaction, histories, ruleSet),
    ruleSetVersion: ruleSet.version,
    now: Date.now,
  });
}

/** Refuses to report a path that is fast but wrong: verdicts must be those of memory, and a replay must change nothing. */
async function check(
  stores: Stores,
  transactions: readonly Transaction[],
  records: readonly StreamRecord[],
): Promise<void> {
  const packed = new Map<string, { kind: EntityKind; parts: Buffer[] }>();
  for (const transaction of transactions) {
    for (const { kind, key } of entitiesOf(transaction)) {
      const entry = packed.get(key) ?? { kind, parts: [] };
      packed.set(key, entry);
      entry.parts.push(packRecord(kind, layouts[kind].record(transaction) as never));
    }
  }
  const everything = new Map(
    [...packed].map(([key, { kind, parts }]) => [key, Timeline.parse(kind, Buffer.concat(parts))]),
  );
  const { rows } = await stores.database.query<Verdict & { transaction_id: string }>(
    "SELECT transaction_id, decision, score, coalesce(reasons, '[]') AS reasons FROM tap.current_verdicts",
  );
  const stored = new Map(rows.map(({ transaction_id, ...verdict }) => [transaction_id, verdict]));
  for (const transaction of transactions) {
    const expected = judge(transaction, historiesOf(everything, transaction), ruleSet);
    if (!isDeepStrictEqual(stored.get(transaction.transactionId), expected)) {
      throw new Error(`the verdict on ${transaction.transactionId} differs from that of memory: no figures`);
    }
  }
  const { duplicates } = await wholePath(stores, records.slice(0, BATCH));
  const after = await stores.database.query('SELECT FROM tap.current_verdicts');
  if (duplicates !== BATCH || after.rowCount !== rows.length) throw new Error('a replay changed something: no figures');
}

function rate(perSecond: number): string {
  return `${Math.round(perSecond).toLocaleString('en')}/s`;
}
