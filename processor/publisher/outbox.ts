import type { Pool } from 'pg';
import type { Alert, Outbox } from './drain';

/** Held by the one publisher that runs. Any number will do that nothing else here uses. */
const PUBLISHER_LOCK = 7_421_004;

/** The outbox in PostgreSQL. The pool's one connection holds the lock while the publisher works. */
export class PostgresOutbox implements Outbox {
  constructor(private readonly database: Pick<Pool, 'query'>) {}

  /** Takes the lock, unless another publisher holds it. */
  async lock(): Promise<boolean> {
    const { rows } = await this.database.query('SELECT pg_try_advisory_lock($1) AS locked', [PUBLISHER_LOCK]);
    return rows[0].locked;
  }

  /** Gives the lock back, however often it was taken. */
  async unlock(): Promise<void> {
    await this.database.query('SELECT pg_advisory_unlock_all()');
  }

  async oldest(limit: number, withoutCustomers: readonly string[]): Promise<Alert[]> {
    const { rows } = await this.database.query<Alert>(
      `SELECT id::text, customer_id AS "customerId", transaction_id AS "transactionId", revision, content::text
       FROM tap.alert_outbox
       WHERE published_at IS NULL AND customer_id <> ALL ($2::text[])
       ORDER BY alert_outbox.id
       LIMIT $1`,
      [limit, withoutCustomers],
    );
    return rows;
  }

  async markPublished(ids: readonly string[]): Promise<void> {
    await this.database.query('UPDATE tap.alert_outbox SET published_at = now() WHERE id = ANY ($1::bigint[])', [ids]);
  }

  /** How long the oldest alert has waited, seconds; 0 when none waits. */
  async oldestSeconds(): Promise<number> {
    const { rows } = await this.database.query<{ seconds: number }>(
      `SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS seconds
       FROM tap.alert_outbox WHERE published_at IS NULL`,
    );
    return Math.max(0, rows[0]?.seconds ?? 0);
  }
}
