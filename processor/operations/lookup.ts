import type { Pool } from 'pg';
import { fromRow, TRANSACTION_COLUMNS, type TransactionRow } from '../store/row';
import { transactionSchema } from '../transaction';
import type { Decision, Reason, Transaction } from '../types';
import { coverageText } from './coverage';
import { differencesOf } from './differences';
import { defineOperation } from './operation';

/** A judgement. The one with the highest position is current. */
export interface Revision {
  decision: Decision;
  score: number;
  reasons: Reason[];
  /** What became different from the judgement with the next lower position; absent for the lowest. */
  changes?: { path: string; before: unknown; after: unknown }[];
  position: number;
  /** The transaction whose arrival led to it, itself or one that arrived behind it; or `rebuild/<generation>`. */
  triggeredBy: string;
  /** Whether the transaction arrived later than the allowed lateness. */
  late: boolean;
  /** How much of the 24 hours before the transaction the histories covered, as `history 5.5 of 24 h`. */
  coverage: string;
  ruleSetVersion: string;
  listsVersion: number;
  /** ISO 8601, UTC. */
  judgedAt: string;
}

export interface Lookup {
  transactionId: string;
  /** Absent when no such transaction was accepted. Times in milliseconds since 1970-01-01T00:00:00Z. */
  transaction?: Transaction;
  /** Every judgement, the current one first. */
  verdicts: Revision[];
  /** What consumers of alerts are told of it, in order: raised, revised, withdrawn. */
  alerts: { revision: number; kind: string; triggeredBy: string; createdAt: string; publishedAt: string | null }[];
  /** Records under this id that were refused, the newest first. */
  quarantine: { eventId: string; reason: string; detail: string; quarantinedAt: string }[];
}

/** Everything that is known of a transaction id. */
export const lookup = defineOperation({
  by: 'operator',
  request: { transactionId: transactionSchema.shape.transactionId },
  run: ({ transactionId }, { database }) => lookUp(database, transactionId),
});

async function lookUp(database: Pool, transactionId: string): Promise<Lookup> {
  const select = async <Row extends object>(sql: string) => (await database.query<Row>(sql, [transactionId])).rows;
  const own = `transaction_id = $1 AND occurred_at = (SELECT occurred_at FROM tap.transaction_ids WHERE transaction_id = $1)`;
  const [row] = await select<TransactionRow>(`SELECT ${TRANSACTION_COLUMNS} FROM tap.transactions WHERE ${own}`);
  const verdicts = await select<Omit<Revision, 'changes' | 'coverage'> & { coverageSeconds: number }>(
    `SELECT decision, score, coalesce(reasons, '[]') AS reasons, position::float8, triggered_by AS "triggeredBy", late,
        coverage_seconds AS "coverageSeconds", rule_set_version AS "ruleSetVersion", lists_version::float8 AS "listsVersion",
        to_json(judged_at) AS "judgedAt"
      FROM tap.verdicts WHERE ${own} ORDER BY tap.verdicts.position DESC, triggered_by`,
  );
  const alerts = await select<Lookup['alerts'][number]>(
    `SELECT revision, kind, content->>'triggeredBy' AS "triggeredBy", to_json(created_at) AS "createdAt",
        to_json(published_at) AS "publishedAt"
      FROM tap.alert_outbox WHERE transaction_id = $1 ORDER BY revision`,
  );
  const quarantine = await select<Lookup['quarantine'][number]>(
    `SELECT event_id AS "eventId", reason, detail, to_json(quarantined_at) AS "quarantinedAt"
      FROM tap.quarantine WHERE transaction_id = $1 ORDER BY quarantined_at DESC, event_id`,
  );
  return {
    transactionId,
    ...(row !== undefined && { transaction: fromRow(row) }),
    verdicts: verdicts.map(({ decision, score, reasons, coverageSeconds, ...verdict }, i) => {
      const previous = verdicts[i + 1];
      return {
        decision,
        score,
        reasons,
        ...(previous !== undefined && {
          changes: differencesOf(previous, { decision, score, reasons }).map(({ path, one, other }) => ({
            path,
            before: one,
            after: other,
          })),
        }),
        coverage: coverageText(coverageSeconds),
        ...verdict,
      };
    }),
    alerts,
    quarantine,
  };
}
