import type { ClientBase } from 'pg';
import { type RuleSet, WATCHED_KINDS, type WatchedKind } from '../rules/rule-set';

/** A change of the watch list that a disposition led to. */
export interface WatchChange {
  /** `tap.list_changes.id` */
  id: number;
  kind: WatchedKind;
  value: string;
  change: 'add' | 'remove';
}

const COLUMNS: Record<WatchedKind, string> = { token: 'payment_token', device: 'device_id', merchant: 'merchant_id' };

/**
 * Puts on the watch list what has had enough frauds confirmed, unless it is there for as long already.
 *
 * @param client in the transaction that confirmed one
 * @param disposition the confirmation, `tap.dispositions.id`
 */
export async function watch(
  client: ClientBase,
  disposition: number,
  settings: RuleSet['watch'],
): Promise<WatchChange[]> {
  const changes: WatchChange[] = [];
  for (const kind of WATCHED_KINDS) {
    const { enabled, count, days } = settings[kind];
    if (!enabled) continue;
    const { rows } = await client.query<WatchChange>(
      `WITH this AS (
        SELECT d.analyst, t.${COLUMNS[kind]} AS value
        FROM tap.dispositions d JOIN tap.transactions t USING (occurred_at, transaction_id) WHERE d.id = $1
      ), frauds AS (
        SELECT this.analyst, this.value, count(*) AS confirmed, array_agg(d.id ORDER BY d.id) AS dispositions,
          (array_agg(d.transaction_id ORDER BY d.id DESC))[1] AS last, max(d.recorded_at) + make_interval(days => $2) AS until
        FROM this, tap.current_dispositions d JOIN tap.transactions t USING (occurred_at, transaction_id)
        WHERE d.disposition = 'confirmed-fraud' AND d.recorded_at > clock_timestamp() - make_interval(days => $2)
          AND t.${COLUMNS[kind]} = this.value
        GROUP BY this.analyst, this.value
      )
      INSERT INTO tap.list_changes (list, kind, value, change, reason, expires_at, author, dispositions)
      SELECT 'watch', $4, value, 'add',
        CASE confirmed WHEN 1 THEN 'confirmed fraud: ' ELSE confirmed || ' confirmed frauds, the last: ' END || last,
        until, analyst, dispositions
      FROM frauds f
      WHERE confirmed >= $3 AND NOT EXISTS (
        SELECT FROM tap.list_entries e WHERE e.list = 'watch' AND e.kind = $4 AND e.value = f.value
          AND (e.expires_at IS NULL OR e.expires_at >= f.until)
      )
      RETURNING id::float8 AS id, kind, value, change`,
      [disposition, days, count, kind],
    );
    changes.push(...rows);
  }
  return changes;
}

/**
 * Takes off the watch list what is there for confirmed frauds of which too few are left.
 *
 * @param client in the transaction that took one back
 * @param disposition what took it back, `tap.dispositions.id`
 */
export async function unwatch(
  client: ClientBase,
  disposition: number,
  settings: RuleSet['watch'],
): Promise<WatchChange[]> {
  const changes: WatchChange[] = [];
  for (const kind of WATCHED_KINDS) {
    const { rows } = await client.query<WatchChange>(
      `INSERT INTO tap.list_changes (list, kind, value, change, reason, author)
      SELECT e.list, e.kind, e.value, 'remove', 'no longer a confirmed fraud: ' || this.transaction_id, this.analyst
      FROM tap.dispositions this
      JOIN tap.transactions t USING (occurred_at, transaction_id)
      JOIN tap.list_entries e ON e.list = 'watch' AND e.kind = $2 AND e.value = t.${COLUMNS[kind]}
      WHERE this.id = $1
        AND EXISTS (
          SELECT FROM tap.dispositions d WHERE d.id = ANY (e.dispositions) AND d.transaction_id = this.transaction_id
        )
        AND $3 > (
          SELECT count(*) FROM tap.dispositions d JOIN tap.current_dispositions c USING (transaction_id)
          WHERE d.id = ANY (e.dispositions) AND c.disposition = 'confirmed-fraud'
        )
      RETURNING id::float8 AS id, kind, value, change`,
      [disposition, kind, settings[kind].count],
    );
    changes.push(...rows);
  }
  return changes;
}
