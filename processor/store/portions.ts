import type { Pool } from 'pg';
import { type TransactionRow, timestamp } from './row';

/** Rows of a portion: a few megabytes. */
const PORTION = 5_000;

/**
 * The rows of a query in portions, each a statement of its own, so that nothing is held open in between.
 *
 * @param text in order of event time and id, from the time $1 and id $2 on, which are left out, at most $3 rows
 * @param values of the further parameters
 */
export async function* portions<Row extends Pick<TransactionRow, 'transaction_id' | 'occurred_at'>>(
  database: Pick<Pool, 'query'>,
  text: string,
  values: readonly unknown[],
): AsyncGenerator<Row[]> {
  let last: [time: string, id: string] = [timestamp(Number.NEGATIVE_INFINITY), ''];
  for (;;) {
    const { rows } = await database.query<Row>(text, [...last, PORTION, ...values]);
    const end = rows.at(-1);
    if (end !== undefined) yield rows;
    if (end === undefined || rows.length < PORTION) return;
    last = [timestamp(Number(end.occurred_at)), end.transaction_id];
  }
}
