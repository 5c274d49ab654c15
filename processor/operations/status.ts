import type { Pool } from 'pg';
import { parseRuleSet } from '../rules/rule-set';
import { packedFile } from '../settings';
import { defineOperation } from './operation';

export interface Status {
  schemaVersion: number;
  /** The rule set that is deployed. */
  ruleSetVersion: string;
  /** Stored transactions as PostgreSQL estimates them; exact counts of a year's partitions would take minutes. */
  estimatedTransactions: number;
  /** First and last day (UTC, event time) that has a partition. */
  days: { oldest: string | null; newest: string | null };
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

async function figures(database: Pool): Promise<Status> {
  const { rows } = await database.query<
    Omit<Status, 'last24Hours' | 'ruleSetVersion'> & { review: number; block: number; byReason: Record<string, number> }
  >(`
    SELECT
      (SELECT max(version) FROM tap.schema_migrations) AS "schemaVersion",
      (SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::float8
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'tap.transactions'::regclass) AS "estimatedTransactions",
      (SELECT json_build_object('oldest', min(day), 'newest', max(day))
        FROM (SELECT to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD') AS day
          FROM pg_inherits WHERE inhparent = 'tap.transactions'::regclass) d) AS days,
      count(*) FILTER (WHERE decision = 'review')::integer AS review,
      count(*) FILTER (WHERE decision = 'block')::integer AS block,
      (SELECT coalesce(json_object_agg(reason, n), '{}')
        FROM (SELECT reason, count(*) AS n FROM tap.quarantine
          WHERE quarantined_at > now() - interval '24 hours' GROUP BY reason) q) AS "byReason"
    FROM tap.verdicts WHERE reasons IS NOT NULL AND judged_at > now() - interval '24 hours'`);
  const [{ review, block, byReason, ...rest }] = rows as [(typeof rows)[number]];
  const total = Object.values(byReason).reduce((sum, n) => sum + n, 0);
  const { version: ruleSetVersion } = parseRuleSet(packedFile('rule-set.json'));
  return { ruleSetVersion, ...rest, last24Hours: { review, block, quarantined: { total, byReason } } };
}
