import type { Pool } from 'pg';
import * as z from 'zod';
import { placesIn, WHOLE_COVERAGE_SECONDS } from '../history/history';
import { Judging } from '../judging';
import { listsAt } from '../policy/policy';
import { judge } from '../rules';
import { storedRuleSet } from '../rules/rule-set';
import { storedHistories } from '../store/histories';
import { PostgresStore } from '../store/postgres';
import { fromRow, TRANSACTION_COLUMNS, type TransactionRow, timestamp } from '../store/row';
import { transactionSchema } from '../transaction';
import type { Reason, Transaction, Verdict } from '../types';
import { coverageText } from './coverage';
import { differencesOf } from './differences';
import { defineOperation } from './operation';

const DAY_MS = 86_400_000;
/** Most verdicts that a sample judges again, and most that differ that it shows. */
const LARGEST_SAMPLE = 5_000;
const SHOWN = 20;

export interface Verification {
  transactionId: string;
  /** Whether the stored verdict equals the recomputed one. */
  identical: boolean;
  /** Where they differ: `decision`, `score`, `reasons.<rule>` or `reasons.<rule>.<figure>`; null where there is nothing. */
  differences: { path: string; stored: unknown; recomputed: unknown }[];
  /** Why the verdict may rest on less than is known now, where it does: a difference is then to be expected. */
  expected?: string;
  stored: Verdict;
  recomputed: Verdict;
  ruleSetVersion: string;
  listsVersion: number;
  /** Whether the transaction came later than the allowed lateness. */
  late: boolean;
  /** How much of the 24 hours before the transaction the histories covered, as `history 5.5 of 24 h`. */
  coverage: string;
}

export interface SampleVerification {
  /** Of event time, UTC, as 2026-04-01. */
  day: string;
  /** The same seed draws the same sample. */
  seed: number;
  /** Verdicts that were judged again; transactions of the sample that have not been judged yet. */
  verified: number;
  unjudged: number;
  identical: number;
  differing: number;
  /** Of those that differ, how many are expected to. */
  expected: number;
  /** The first 20 that differ, those that are not expected to before the others. */
  examples: Verification[];
}

const SAMPLE = `must be an integer from 1 to ${LARGEST_SAMPLE}`;
const SEED = 'must be an integer from 0 to 2147483647';

/**
 * Judges stored transactions again from PostgreSQL alone, by the rule set and the lists that their verdicts name: one, or a random
 * sample of a day.
 *
 * @throws when there is no such transaction, it has not been judged yet, or the request names neither or both
 */
export const verify = defineOperation({
  by: 'operator',
  request: {
    transactionId: transactionSchema.shape.transactionId.optional(),
    day: z.iso.date('must be a day as 2026-04-01').optional(),
    sample: z.int(SAMPLE).min(1, SAMPLE).max(LARGEST_SAMPLE, SAMPLE).optional(),
    seed: z.int(SEED).min(0, SEED).max(2_147_483_647, SEED).optional(),
  },
  run({ transactionId, day, sample, seed }, { database }): Promise<Verification | SampleVerification> {
    if (transactionId !== undefined && day === undefined && sample === undefined && seed === undefined)
      return verifyOne(database, transactionId);
    if (transactionId === undefined && day !== undefined && sample !== undefined)
      return verifySample(database, day, sample, seed ?? 0);
    throw new Error('verify: set transactionId, or day and sample (and seed, for another sample)');
  },
});

/** A transaction with its current verdict. */
interface Judged {
  transaction: Transaction;
  verdict: Verdict;
  ruleSetVersion: string;
  listsVersion: number;
  late: boolean;
  coverageSeconds: number;
}

type JudgedRow = TransactionRow & {
  decision: Verdict['decision'] | null;
  score: number;
  reasons: Reason[] | null;
  rule_set_version: string;
  lists_version: string;
  late: boolean;
  coverage_seconds: number;
};

/** @param condition what transactions `t` to select, by the parameters from $1 on */
async function select(database: Pool, condition: string, values: unknown[]): Promise<JudgedRow[]> {
  const { rows } = await database.query<JudgedRow>(
    `SELECT ${TRANSACTION_COLUMNS}, decision, score, reasons, rule_set_version, lists_version, late, coverage_seconds
      FROM (SELECT t.* FROM tap.transactions t WHERE ${condition}) t
      LEFT JOIN LATERAL (
        SELECT decision, score, reasons, rule_set_version, lists_version, late, coverage_seconds FROM tap.verdicts v
        WHERE v.occurred_at = t.occurred_at AND v.transaction_id = t.transaction_id
        ORDER BY v.position DESC, v.triggered_by LIMIT 1
      ) v ON true`,
    values,
  );
  return rows;
}

function judgedOf({ decision, score, reasons, ...row }: JudgedRow): Judged[] {
  if (decision === null) return [];
  return [
    {
      transaction: fromRow(row),
      verdict: { decision, score, reasons: reasons ?? [] },
      ruleSetVersion: row.rule_set_version,
      listsVersion: Number(row.lists_version),
      late: row.late,
      coverageSeconds: row.coverage_seconds,
    },
  ];
}

async function verifyOne(database: Pool, transactionId: string): Promise<Verification> {
  const rows = await select(
    database,
    `t.transaction_id = $1 AND t.occurred_at = (SELECT occurred_at FROM tap.transaction_ids WHERE transaction_id = $1)`,
    [transactionId],
  );
  if (rows.length === 0) throw new Error(`no transaction has the id ${transactionId}`);
  const judged = rows.flatMap(judgedOf);
  if (judged.length === 0) throw new Error(`transaction ${transactionId} has not been judged yet`);
  const [verification] = await verifyAll(database, judged);
  return verification as Verification;
}

async function verifySample(database: Pool, day: string, sample: number, seed: number): Promise<SampleVerification> {
  const start = Date.parse(day);
  const rows = await select(
    database,
    `t.occurred_at >= $1 AND t.occurred_at < $2 ORDER BY hashtextextended(t.transaction_id, $3) LIMIT $4`,
    [timestamp(start), timestamp(start + DAY_MS), seed, sample],
  );
  const verifications = await verifyAll(database, rows.flatMap(judgedOf));
  const differing = verifications.filter(({ identical }) => !identical);
  const surprising = differing.filter(({ expected }) => expected === undefined);
  return {
    day,
    seed,
    verified: verifications.length,
    unjudged: rows.length - verifications.length,
    identical: verifications.length - differing.length,
    differing: differing.length,
    expected: differing.length - surprising.length,
    examples: [...surprising, ...differing.filter(({ expected }) => expected !== undefined)].slice(0, SHOWN),
  };
}

/** Judges transactions again, those of each rule set and version of the lists together. */
async function verifyAll(database: Pool, all: readonly Judged[]): Promise<Verification[]> {
  const transactions = all.map(({ transaction }) => transaction);
  const timelines = await storedHistories(database, transactions);
  const snapshot = {
    generation: { number: 0, completeAfter: Number.NEGATIVE_INFINITY },
    timelines,
    places: placesIn(timelines, transactions),
  };
  const judging = { store: new PostgresStore(database), history: { read: async () => snapshot }, judge };
  const verifications: Verification[] = [];
  for (const group of Map.groupBy(all, policyOf).values()) {
    const [{ ruleSetVersion, listsVersion }] = group as [Judged];
    const policy = {
      active: await ruleSetOf(database, ruleSetVersion),
      shadows: [],
      lists: await listsAt(database, listsVersion),
    };
    const { judgements } = await new Judging({ ...judging, policy }).judge(
      group.map(({ transaction }) => transaction),
      snapshot,
      ({ transactionId }) => transactionId,
    );
    const recomputed = new Map(judgements.map(({ transaction, verdict }) => [transaction, verdict]));
    for (const judged of group)
      verifications.push(verificationOf(judged, recomputed.get(judged.transaction) as Verdict));
  }
  return verifications;
}

function policyOf({ ruleSetVersion, listsVersion }: Judged): string {
  return `${listsVersion} ${ruleSetVersion}`;
}

async function ruleSetOf(database: Pool, version: string) {
  const { rows } = await database.query<{ content: unknown }>('SELECT content FROM tap.rule_sets WHERE version = $1', [
    version,
  ]);
  return storedRuleSet(rows[0]?.content);
}

function verificationOf(judged: Judged, recomputed: Verdict): Verification {
  const { transaction, verdict: stored, ruleSetVersion, listsVersion, late, coverageSeconds } = judged;
  const differences = differencesOf(stored, recomputed).map(({ path, one, other }) => ({
    path,
    stored: one,
    recomputed: other,
  }));
  const coverage = coverageText(coverageSeconds);
  const reasons = [
    ...(late ? ['it arrived later than the allowed lateness'] : []),
    ...(coverageSeconds < WHOLE_COVERAGE_SECONDS ? [`it was judged on ${coverage}`] : []),
  ];
  return {
    transactionId: transaction.transactionId,
    identical: differences.length === 0,
    differences,
    ...(differences.length > 0 && reasons.length > 0 && { expected: reasons.join('; ') }),
    stored,
    recomputed,
    ruleSetVersion,
    listsVersion,
    late,
    coverage,
  };
}
