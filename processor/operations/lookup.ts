import type { Pool } from 'pg';
import { fromRow, TRANSACTION_COLUMNS, type TransactionRow } from '../store/row';
import { transactionSchema } from '../transaction';
import type { Decision, Reason, Transaction } from '../types';
import { defineOperation } from './operation';

export interface Lookup {
  transactionId: string;
  /** Absent when no such transaction was accepted. Times in milliseconds since 1970-01-01T00:00:00Z. */
  transaction?: Transaction;
  /** Every judgement, the current one first. */
  verdicts: {
    decision: Decision;
    score: number;
    reasons: Reason[];
    position: number;
    /** The transaction whose arrival led to the judgement. */
    triggeredBy: string;
    late: boolean;
    ruleSetVersion: string;
    /** ISO 8601, UTC. */
    judgedAt: string;
  }[];
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
  const transactions = await database.query<TransactionRow>(
    `SELECT ${TRANSACTION_COLUMNS} FROM tap.transactions WHERE transaction_id = $1
      AND occurred_at = (SELECT occurred_at FROM tap.transaction_ids WHERE transaction_id = $1)`,
    [transactionId],
  );
  const verdicts = await database.query<Lookup['verdicts'][number]>(
    `SELECT decision, score, coalesce(reasons, '[]') AS reasons, position::integer, triggered_by AS "triggeredBy", late,
        rule_set_version AS "ruleSetVersion", to_json(judged_at) AS "judgedAt"
      FROM tap.verdicts WHERE transaction_id = $1
      AND occurred_at = (SELECT occurred_at FROM tap.transaction_ids WHERE transaction_id = $1)
      ORDER BY position DESC, triggered_by`,
    [transactionId],
  );
  const quarantine = await database.query<Lookup['quarantine'][number]>(
    `SELECT event_id AS "eventId", reason, detail, to_json(quarantined_at) AS "quarantinedAt"
      FROM tap.quarantine WHERE transaction_id = $1 ORDER BY quarantined_at DESC, event_id`,
    [transactionId],
  );
  const [row] = transactions.rows;
  return {
    transactionId,
    ...(row !== undefined && { transaction: fromRow(row) }),
    verdicts: verdicts.rows,
    quarantine: quarantine.rows,
  };
}
