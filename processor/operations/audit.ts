import type { ClientBase, Pool } from 'pg';

/**
 * Writes a line of the append-only audit table.
 *
 * @param personal names of the fields that may name a customer, which an erasure can take out again
 * @returns `tap.audit_log.id`
 */
export async function audit(
  database: Pool | ClientBase,
  action: string,
  request: object,
  personal: readonly string[] = [],
): Promise<number> {
  const fields = Object.entries(request);
  const named = fields.filter(([name]) => personal.includes(name));
  const detail = fields.filter(([name]) => !personal.includes(name));
  // The first migrations are audited before there is a column for it.
  const columns = { action, detail: json(detail), ...(named.length > 0 && { personal: json(named) }) };
  const { rows } = await database.query<{ id: number }>(
    `INSERT INTO tap.audit_log (${Object.keys(columns)}) VALUES (${Object.keys(columns).map((_, i) => `$${i + 1}`)})
      RETURNING id::float8 AS id`,
    Object.values(columns),
  );
  return (rows[0] as { id: number }).id;
}

function json(fields: [string, unknown][]): string {
  return JSON.stringify(Object.fromEntries(fields));
}
