import type { Pool } from 'pg';
import type { Transaction } from '../types';
import { fromRow, TRANSACTION_COLUMNS, type TransactionRow } from './row';
import type { Acceptance, Arrival, Judgement, Quarantined, TransactionStore } from './store';

/** Permanent storage in PostgreSQL, schema `tap` (`processor/migrations`). */
export class PostgresStore implements TransactionStore {
  constructor(private readonly pool: Pool) {}

  async accept(arrivals: readonly Arrival[], quarantined: readonly Quarantined[]): Promise<Acceptance> {
    const { rows } = await this.pool.query<{ stored: string; conflicts: string[]; judged: string[] }>({
      name: 'accept',
      text: 'SELECT stored, conflicts, judged FROM tap.accept($1, $2)',
      values: [
        JSON.stringify(
          arrivals.map(({ eventId, transaction, contentHash }) => ({
            ...transaction,
            occurredAt: iso(transaction.occurredAt),
            ...(transaction.accountCreatedAt !== undefined && { accountCreatedAt: iso(transaction.accountCreatedAt) }),
            eventId,
            contentHash,
          })),
        ),
        JSON.stringify(quarantined),
      ],
    });
    const [row] = rows as [(typeof rows)[number]];
    return { stored: Number(row.stored), conflicts: new Set(row.conflicts), judged: new Set(row.judged) };
  }

  async load(positions: readonly Pick<Transaction, 'transactionId' | 'occurredAt'>[]): Promise<Transaction[]> {
    const times = positions.map(({ occurredAt }) => occurredAt);
    const { rows } = await this.pool.query<TransactionRow>({
      name: 'load',
      text: `SELECT ${TRANSACTION_COLUMNS} FROM tap.transactions
        WHERE transaction_id = ANY ($1) AND occurred_at BETWEEN $2 AND $3`,
      values: [positions.map(({ transactionId }) => transactionId), iso(Math.min(...times)), iso(Math.max(...times))],
    });
    return rows.map(fromRow);
  }

  async record(judgements: readonly Judgement[]): Promise<void> {
    await this.pool.query({
      name: 'record',
      text: `INSERT INTO tap.verdicts
          (transaction_id, occurred_at, position, triggered_by, decision, score, reasons, late, rule_set_version)
        SELECT * FROM jsonb_to_recordset($1) AS j ("transactionId" text, "occurredAt" timestamptz, position bigint,
          "triggeredBy" text, decision text, score smallint, reasons jsonb, late boolean, "ruleSetVersion" text)
        ON CONFLICT DO NOTHING`,
      values: [
        JSON.stringify(
          judgements.map(({ transaction, verdict, ...judgement }) => ({
            ...judgement,
            transactionId: transaction.transactionId,
            occurredAt: iso(transaction.occurredAt),
            decision: verdict.decision,
            score: verdict.score,
            ...(verdict.reasons.length > 0 && { reasons: verdict.reasons }),
          })),
        ),
      ],
    });
  }
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
