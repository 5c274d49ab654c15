import type { ClientBase, Pool } from 'pg';

/** Writes a line of the append-only audit table. */
export async function audit(database: Pool | ClientBase, action: string, detail: object): Promise<void> {
  await database.query('INSERT INTO tap.audit_log (action, detail) VALUES ($1, $2)', [action, JSON.stringify(detail)]);
}
