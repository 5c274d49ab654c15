import { isDeepStrictEqual } from 'node:util';
import type { Pool } from 'pg';
import { layouts, type RecordOf } from '../history/record';
import { WINDOW_MS } from '../history/timeline';
import { judge } from '../rules';
import { parseRuleSet } from '../rules/rule-set';
import { fromRow, TRANSACTION_COLUMNS, type TransactionRow } from '../store/row';
import { transactionSchema } from '../transaction';
import type { EntityKind, Transaction, Verdict } from '../types';
import { defineOperation } from './operation';

export interface Verification {
  transactionId: string;
  /** Whether the stored verdict equals the recomputed one. */
  matches: boolean;
  stored: Verdict;
  recomputed: Verdict;
  ruleSetVersion: string;
  /** A verdict on a transaction that came later than the allowed lateness may rest on less than what is known now. */
  late: boolean;
}

/** The column that names a history's entity. */
const ENTITY_COLUMNS: Record<EntityKind, string> = {
  customer: 'customer_id',
  token: 'payment_token',
  device: 'device_id',
  address: 'ip_address',
};

/**
 * Judges a stored transaction again from PostgreSQL alone, with the rule set that its verdict names.
 *
 * @throws when there is no such transaction or it has not been judged yet
 */
export const verify = defineOperation({
  by: 'operator',
  request: { transactionId: transactionSchema.shape.transactionId },
  run: ({ transactionId }, { database }) => verifyVerdict(database, transactionId),
});

async function verifyVerdict(database: Pool, transactionId: string): Promise<Verification> {
  const [transaction] = await select(
    database,
    'transaction_id = $1 AND occurred_at = (SELECT occurred_at FROM tap.transaction_ids WHERE transaction_id = $1)',
    [transactionId],
  );
  if (transaction === undefined) throw new Error(`no transaction has the id ${transactionId}`);
  const time = new Date(transaction.occurredAt).toISOString();
  const { rows } = await database.query<
    Omit<Verdict, 'reasons'> & { reasons: Verdict['reasons'] | null; late: boolean; version: string; rules: string }
  >(
    `SELECT decision, score, reasons, late, rule_set_version AS version, content::text AS rules
      FROM tap.current_verdicts JOIN tap.rule_sets ON version = rule_set_version
      WHERE transaction_id = $1 AND occurred_at = $2`,
    [transactionId, time],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`transaction ${transactionId} has not been judged yet`);

  const before = async <K extends EntityKind>(kind: K): Promise<RecordOf[K][]> => {
    const entity = layouts[kind].entity(transaction);
    if (entity === undefined) return [];
    const transactions = await select(
      database,
      `${ENTITY_COLUMNS[kind]} = $1 AND occurred_at > $2 AND (occurred_at, transaction_id) < ($3, $4) ORDER BY occurred_at, transaction_id`,
      [entity, new Date(transaction.occurredAt - WINDOW_MS).toISOString(), time, transactionId],
    );
    return transactions.map((earlier) => layouts[kind].record(earlier));
  };
  const stored: Verdict = { decision: row.decision, score: row.score, reasons: row.reasons ?? [] };
  const recomputed = judge(
    transaction,
    {
      customer: await before('customer'),
      token: await before('token'),
      device: await before('device'),
      address: await before('address'),
    },
    parseRuleSet(row.rules),
  );
  const matches = isDeepStrictEqual(stored, recomputed);
  return { transactionId, matches, stored, recomputed, ruleSetVersion: row.version, late: row.late };
}

async function select(database: Pool, condition: string, values: unknown[]): Promise<Transaction[]> {
  const { rows } = await database.query<TransactionRow>(
    `SELECT ${TRANSACTION_COLUMNS} FROM tap.transactions WHERE ${condition}`,
    values,
  );
  return rows.map(fromRow);
}
