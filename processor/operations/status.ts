import type { Pool } from 'pg';
import { WHOLE_COVERAGE_SECONDS } from '../history/history';
import { coverageText } from './coverage';
import { defineOperation } from './operation';
import { type Head, logHead } from './verify-chain';

export interface Status {
  schemaVersion: number;
  /** The rule set that decides; null before the first deployment. */
  ruleSetVersion: string | null;
  /** Stored transactions as PostgreSQL estimates them; exact counts of a year's partitions would take minutes. */
  estimatedTransactions: number;
  /** First and last day (UTC, event time) that has a partition. */
  days: { oldest: string | null; newest: string | null };
  /** The current generation of the histories; null before the first batch. Times are ISO 8601, UTC. */
  histories: {
    generation: number;
    /** Why it began: the first, histories were lost, or they were rebuilt. */
    cause: 'first' | 'lost' | 'rebuilt';
    beganAt: string;
    /** Histories hold everything that happened after this time; null where nothing is missing. */
    completeAfter: string | null;
    /** What the verdict on a transaction of this moment rests on, as `history 5.5 of 24 h`. */
    coverage: string;
  } | null;
  /** Alerts that consumers are still to be told, and how long the oldest has waited, seconds. */
  outbox: { unpublished: number; oldestSeconds: number };
  /** The last row of the audit chain, which goes to the function's log as well. */
  auditChain: Head;
  /** Judged or quarantined in the last 24 hours of the clock. */
  last24Hours: {
    review: number;
    block: number;
    quarantined: { total: number; byReason: Record<string, number> };
  };
}

/** Figures of the database that cost little, whatever it holds. */
export const status = defineOperation({
  by: 'operator',
  request: {},
  run: (_, { database }) => figures(database),
});

type GenerationRow = Omit<NonNullable<Status['histories']>, 'coverage'> & { coverageSeconds: number | null };

async function figures(database: Pool): Promise<Status> {
  const { rows } = await database.query<
    Omit<Status, 'last24Hours' | 'histories'> & {
      histories: GenerationRow | null;
      review: number;
      block: number;
      byReason: Record<string, number>;
    }
  >(`
    SELECT
      (SELECT max(version) FROM tap.schema_migrations) AS "schemaVersion",
      (SELECT version FROM tap.rule_sets WHERE state = 'active') AS "ruleSetVersion",
      (SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::float8
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'tap.transactions'::regclass) AS "estimatedTransactions",
      (SELECT json_build_object('oldest', min(day), 'newest', max(day))
        FROM (SELECT to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD') AS day
          FROM pg_inherits WHERE inhparent = 'tap.transactions'::regclass) d) AS days,
      (SELECT json_build_object('generation', number, 'cause', cause, 'beganAt', began_at,
          'completeAfter', CASE WHEN isfinite(complete_after) THEN complete_after END,
          'coverageSeconds', CASE WHEN isfinite(complete_after) THEN greatest(0, extract(epoch FROM now() - complete_after)) END)
        FROM tap.generations ORDER BY number DESC LIMIT 1) AS histories,
      (SELECT json_build_object('unpublished', count(*),
          'oldestSeconds', coalesce(floor(extract(epoch FROM now() - min(created_at))), 0))
        FROM tap.alert_outbox WHERE published_at IS NULL) AS outbox,
      (SELECT json_build_object('sequence', sequence, 'hash', encode(hash, 'hex'))
        FROM tap.audit_chain ORDER BY sequence DESC LIMIT 1) AS "auditChain",
      count(*) FILTER (WHERE decision = 'review')::integer AS review,
      count(*) FILTER (WHERE decision = 'block')::integer AS block,
      (SELECT coalesce(json_object_agg(reason, n), '{}')
        FROM (SELECT reason, count(*) AS n FROM tap.quarantine
          WHERE quarantined_at > now() - interval '24 hours' GROUP BY reason) q) AS "byReason"
    FROM tap.verdicts WHERE reasons IS NOT NULL AND judged_at > now() - interval '24 hours'`);
  const [{ review, block, byReason, histories, ...rest }] = rows as [(typeof rows)[number]];
  logHead(rest.auditChain);
  const total = Object.values(byReason).reduce((sum, n) => sum + n, 0);
  return {
    ...rest,
    histories: histories && withCoverage(histories),
    last24Hours: { review, block, quarantined: { total, byReason } },
  };
}

function withCoverage({ coverageSeconds, ...generation }: GenerationRow): Status['histories'] {
  const seconds = Math.min(WHOLE_COVERAGE_SECONDS, coverageSeconds ?? WHOLE_COVERAGE_SECONDS);
  return { ...generation, coverage: coverageText(seconds) };
}
