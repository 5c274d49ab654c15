import { isDeepStrictEqual } from 'node:util';
import { decodeAll, judgeAll } from '../test/helpers/brute-force';
import type { Load } from './data-path/worker';
import type { Figures } from './main';
import { type Cpu, type Rig, startRig } from './rig';
import { median, show } from './statistics';
import { DAY, recordAt, type Workload } from './workload';

/** Share of a day at the peak that the histories hold before: entries a history are those of a whole day. */
const SHARE = Number(process.env.BENCH_DAY_SHARE ?? 0.25);
const BATCH = 500;
const DAY_RECORDS = Math.floor((DAY.transactions * SHARE) / BATCH) * BATCH;
/** Records of a round: two hours of event time. */
const ROUND = Math.floor(DAY_RECORDS / 12 / BATCH) * BATCH;
const ROUNDS = 5;
/** Batches in work at a time. A Lambda environment has one; how much that costs is printed too. */
const LANES = 4;
/** Bytes of a record of a history, as they are appended. */
const RECORD_BYTES = 30;

const TABLES = ['transaction_ids', 'transactions', 'verdicts'] as const;

type Measured = Load & { cpu: Cpu };

/**
 * Transactions a second through the deployed function's bundle in one process (decode, histories, rules, store, verdicts),
 * against what the servers take of the same without anything around it:
 * - Redis: four APPEND and four GETEX a transaction on copies of the same histories, pipelined over four connections;
 * - PostgreSQL: COPY of the same rows, into a table with nothing but a primary key (the limit) and, for comparison, of all the
 *   rows that the path writes into tables with all their indexes.
 * `limit_par` is the lower of the two. A heavier schema of ours thus lowers the ratio instead of raising it.
 */
export async function run(): Promise<Figures> {
  const workload: Workload = { share: SHARE };
  const rig = await startRig();
  try {
    await rig.owner.query(`
      CREATE SCHEMA bench;
      CREATE TABLE bench.bare (LIKE tap.transactions, PRIMARY KEY (transaction_id));
      ${TABLES.map((table) => `CREATE TABLE bench.${table} (LIKE tap.${table} INCLUDING ALL);`).join('\n')}
      GRANT USAGE ON SCHEMA bench TO tap_processor;
      GRANT INSERT ON ALL TABLES IN SCHEMA bench TO tap_processor`);
    const started = performance.now();
    await rig.call('path', 0, DAY_RECORDS, LANES, BATCH, workload);
    console.log(
      `  histories prefilled with ${show(DAY_RECORDS)} transactions of ${show(DAY.customers * SHARE)} customers, 24 h of event time, in ${show((performance.now() - started) / 1_000)} s`,
    );

    const rounds: Record<'path' | 'redis' | 'bare' | 'rows', Measured>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const from = DAY_RECORDS + round * ROUND;
      const path = await measure(rig, 'path', from, ROUND, LANES, BATCH, workload);
      const redis = await measure(rig, 'redis', from, ROUND, RECORD_BYTES, workload);
      const bare = await copy(rig, from, { bare: 'transactions' });
      const rows = await copy(rig, from, Object.fromEntries(TABLES.map((table) => [table, table])));
      rounds.push({ path, redis, bare, rows });
      console.log(
        `  round ${round + 1}: path ${rate(path)}, Redis alone ${rate(redis)}, COPY alone ${rate(bare)}, COPY of all rows and indexes ${rate(rows)}`,
      );
    }
    const before = await written(rig);
    const single = await measure(rig, 'path', DAY_RECORDS + ROUNDS * ROUND, ROUND, 1, BATCH, workload);
    const after = await written(rig);
    const each = (of: 'walBytes' | 'rows') => (after[of] - before[of]) / ROUND;
    const database = {
      databaseBytes: after.bytes / after.transactions,
      walBytes: each('walBytes'),
      databaseRows: each('rows'),
    };
    await check(rig, DAY_RECORDS, DAY_RECORDS + (ROUNDS + 1) * ROUND, workload);

    const ratio = median(
      rounds.map(({ path, redis, bare }) => perSecond(path) / Math.min(perSecond(redis), perSecond(bare))),
    );
    const asStored = median(
      rounds.map(({ path, redis, rows }) => perSecond(path) / Math.min(perSecond(redis), perSecond(rows))),
    );
    const cpu = cpuPerTransaction(rounds.map(({ path }) => path));
    const perSecondOfPath = median(rounds.map(({ path }) => perSecond(path)));
    console.log(`  ratio of the path to limit_par, median of ${ROUNDS} rounds: ${ratio.toFixed(2)}`);
    console.log(`  the same with COPY of all rows into all indexes as the limit: ${asStored.toFixed(2)}`);
    console.log(
      `  one batch at a time: ${rate(single)}, ${(perSecond(single) / perSecondOfPath).toFixed(2)} of the path`,
    );
    console.log(
      `  CPU microseconds a transaction: node ${show(cpu.node, 1)}, redis ${show(cpu.redis, 1)}, postgres ${show(cpu.postgres, 1)}, and ${show(cpu.tls, 1)} for Redis's TLS`,
    );
    const alone = cpuPerTransaction(rounds.map(({ redis }) => redis));
    const copied = cpuPerTransaction(rounds.map(({ bare }) => bare));
    const cpuRatio = Math.max(sum(alone), sum(copied)) / sum(cpu);
    console.log(
      `  and of the loads alone: redis ${show(alone.redis, 1)} with ${show(alone.node + alone.tls, 1)} for who asks and TLS, postgres ${show(copied.postgres, 1)} with ${show(copied.node, 1)} for who copies`,
    );
    console.log(`  processor time of the dearer of the loads alone to that of the path: ${cpuRatio.toFixed(2)}`);
    console.log(
      `  in PostgreSQL a transaction is ${show(database.databaseRows, 2)} rows, ${show(database.databaseBytes)} bytes with indexes, ${show(database.walBytes)} bytes of log`,
    );
    console.log(
      "  left out: Kinesis, Lambda's runtime, the network between machines, the disk (fsync is off), replication",
    );
    return {
      dataPath: {
        ratio,
        ratioToAllRows: asStored,
        cpuRatio,
        perSecond: perSecondOfPath,
        cpuMicroseconds: cpu,
        ...database,
      },
    };
  } finally {
    await rig.stop();
  }
}

/** What the database holds, and the length of its log so far. */
async function written(rig: Rig): Promise<Record<'bytes' | 'transactions' | 'rows' | 'walBytes', number>> {
  const { rows } = await rig.owner.query(`SELECT
    (SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = 'tap'::regnamespace AND relkind = 'r') AS bytes,
    (SELECT count(*) FROM tap.transactions) AS transactions,
    ${TABLES.map((table) => `(SELECT count(*) FROM tap.${table})`).join(' + ')} AS rows,
    pg_current_wal_lsn() - '0/0' AS "walBytes"`);
  return Object.fromEntries(Object.entries(rows[0]).map(([name, value]) => [name, Number(value)])) as never;
}

async function measure(rig: Rig, command: string, ...args: unknown[]): Promise<Measured> {
  const before = rig.cpu();
  const load = await rig.call<Load>(command, ...args);
  const after = rig.cpu();
  const used = (name: keyof Cpu) => after[name] - before[name];
  return { ...load, cpu: { redis: used('redis'), postgres: used('postgres'), tls: used('tls') } };
}

/** COPY of the rows that the path stored in a round, into emptied tables. */
async function copy(rig: Rig, from: number, tables: Record<string, string>): Promise<Measured> {
  const ids = [from, from + ROUND - 1].map((index) => `'tx-bench-${String(index).padStart(11, '0')}'`);
  const queries = Object.fromEntries(
    Object.entries(tables).map(([table, source]) => [
      `bench.${table}`,
      `SELECT * FROM tap.${source} WHERE transaction_id BETWEEN ${ids.join(' AND ')}`,
    ]),
  );
  await rig.owner.query(`TRUNCATE ${Object.keys(queries).join(', ')}`);
  return measure(rig, 'copy', queries, ROUND);
}

/** Refuses figures of a path that is fast but wrong: verdicts must be the oracle's, and a replay must change nothing. */
async function check(rig: Rig, from: number, to: number, workload: Workload): Promise<void> {
  const now = Date.now();
  const records = Array.from({ length: to }, (_, i) => ({ data: Buffer.from(recordAt(i, workload)), now }));
  const { transactions } = decodeAll(records);
  const expected = judgeAll(transactions);
  const verdicts = async () => {
    const { rows } = await rig.owner.query(
      "SELECT transaction_id, decision, score, coalesce(reasons, '[]') AS reasons FROM tap.current_verdicts",
    );
    return new Map(rows.map(({ transaction_id, ...verdict }) => [transaction_id, verdict]));
  };
  const stored = await verdicts();
  if (stored.size !== expected.size) throw new Error(`${stored.size} verdicts of ${expected.size}: no figures`);
  for (const [id, verdict] of expected) {
    if (!isDeepStrictEqual(stored.get(id), verdict)) {
      throw new Error(`the verdict on ${id} differs from the oracle's: no figures`);
    }
  }
  const state = async () =>
    (await rig.owner.query(`SELECT ${TABLES.map((t) => `(SELECT count(*) FROM tap.${t})`)}`)).rows;
  const before = await state();
  await rig.call('path', from, BATCH, 1, BATCH, workload);
  if (!isDeepStrictEqual([await state(), await verdicts()], [before, stored])) {
    throw new Error('a replay changed something: no figures');
  }
  console.log(`  all ${show(stored.size)} verdicts are the oracle's, and a replay of a batch changes nothing`);
}

function cpuPerTransaction(loads: readonly Measured[]): Cpu & { node: number } {
  const transactions = loads.reduce((sum, load) => sum + load.transactions, 0);
  const each = (of: (load: Measured) => number) =>
    (loads.reduce((sum, load) => sum + of(load), 0) / transactions) * 1e6;
  return {
    node: each(({ cpuSeconds }) => cpuSeconds),
    redis: each(({ cpu }) => cpu.redis),
    postgres: each(({ cpu }) => cpu.postgres),
    tls: each(({ cpu }) => cpu.tls),
  };
}

function sum(cpu: Cpu & { node: number }): number {
  return cpu.node + cpu.redis + cpu.postgres + cpu.tls;
}

function perSecond({ transactions, seconds }: Load): number {
  return transactions / seconds;
}

function rate(load: Load): string {
  return `${show(perSecond(load))}/s`;
}
