import type { Generation, Snapshot } from '../history/history';
import type { RebuildStore } from '../rebuild';
import type { Transaction } from '../types';
import { storedHistories } from './histories';
import { portions } from './portions';
import { PostgresStore } from './postgres';
import { fromRow, TRANSACTION_COLUMNS, type TransactionRow, timestamp } from './row';

/** What a rebuild asks of PostgreSQL. The database is signed in as the operators' role. */
export class RebuildPostgresStore extends PostgresStore implements RebuildStore {
  async newest(): Promise<number> {
    const { rows } = await this.database.query<{ newest: number | null }>(
      'SELECT (extract(epoch FROM max(occurred_at)) * 1000)::float8 AS newest FROM tap.transactions',
    );
    return rows[0]?.newest ?? Number.NEGATIVE_INFINITY;
  }

  async *between(after: number, through: number): AsyncGenerator<Transaction[]> {
    const found = portions<TransactionRow>(
      this.database,
      `SELECT ${TRANSACTION_COLUMNS} FROM tap.transactions t
        WHERE t.occurred_at <= $4 AND (t.occurred_at, t.transaction_id) > ($1, $2) AND t.occurred_at > $5
        ORDER BY t.occurred_at, t.transaction_id LIMIT $3`,
      [timestamp(through), timestamp(after)],
    );
    for await (const rows of found) yield rows.map(fromRow);
  }

  complete(incomplete: Generation, completeAfter: number): Promise<{ generation: Generation; begun: boolean }> {
    return this.begin('complete_generation($1, $2)', [incomplete.number, timestamp(completeAfter)]);
  }

  async *incompletelyJudged(): AsyncGenerator<{ transaction: Transaction; late: boolean }[]> {
    const found = portions<TransactionRow & { late: boolean }>(
      this.database,
      `SELECT ${TRANSACTION_COLUMNS}, v.late FROM tap.verdicts v
        JOIN tap.generations g ON g.number = v.position >> 40 AND g.cause = 'lost'
        JOIN tap.transactions t USING (occurred_at, transaction_id)
        WHERE v.coverage_seconds < 86400 AND (v.occurred_at, v.transaction_id) > ($1, $2)
          AND (v.triggered_by = v.transaction_id OR v.triggered_by LIKE 'rebuild/%')
          AND NOT EXISTS (
            SELECT FROM tap.verdicts o
            WHERE o.occurred_at = v.occurred_at AND o.transaction_id = v.transaction_id AND o.position > v.position
              AND (o.triggered_by = o.transaction_id OR o.triggered_by LIKE 'rebuild/%'))
        ORDER BY v.occurred_at, v.transaction_id LIMIT $3`,
      [],
    );
    for await (const rows of found) yield rows.map((row) => ({ transaction: fromRow(row), late: row.late }));
  }

  histories(transactions: readonly Transaction[]): Promise<Snapshot['timelines']> {
    return storedHistories(this.database, transactions);
  }
}
