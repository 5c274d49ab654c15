import type { Pool } from 'pg';
import { entitiesOf, type Snapshot } from '../history/history';
import { ENTITY_KINDS, layouts, packRecord } from '../history/record';
import { Timeline, WINDOW_MS } from '../history/timeline';
import type { EntityKind, Transaction } from '../types';
import { portions } from './portions';
import { fromRow, TRANSACTION_COLUMNS, type TransactionRow, timestamp } from './row';

/** The column that names a history's entity. */
const ENTITY_COLUMNS: Record<EntityKind, string> = {
  customer: 'customer_id',
  token: 'payment_token',
  device: 'device_id',
  address: 'ip_address',
};

/** As many entities are looked up by the filters of their columns; for more, reading the days once is faster. */
const FEW = 32;

/**
 * By key, the histories of the transactions' entities from permanent storage: everything from 24 hours before the first to 24
 * hours after the last of the transactions.
 */
export async function storedHistories(
  database: Pick<Pool, 'query'>,
  transactions: readonly Transaction[],
): Promise<Snapshot['timelines']> {
  const entities = new Map(transactions.flatMap((t) => entitiesOf(t)).map(({ key, kind }) => [key, kind]));
  const packed = new Map<string, Buffer[]>([...entities.keys()].map((key) => [key, []]));
  for await (const rows of selected(database, transactions, entities.size <= FEW)) {
    for (const transaction of rows.map(fromRow)) {
      for (const { kind, key } of entitiesOf(transaction))
        packed.get(key)?.push(packRecord(kind, layouts[kind].record(transaction) as never));
    }
  }
  return new Map(
    [...entities].map(([key, kind]) => [
      key,
      Timeline.parse<EntityKind>(kind, Buffer.concat(packed.get(key) as Buffer[])),
    ]),
  );
}

/** The rows of all entities of the transactions. */
async function* selected(
  database: Pick<Pool, 'query'>,
  transactions: readonly Transaction[],
  few: boolean,
): AsyncGenerator<TransactionRow[]> {
  if (transactions.length === 0) return;
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { occurredAt } of transactions) {
    first = Math.min(first, occurredAt);
    last = Math.max(last, occurredAt);
  }
  // `portions` has three parameters of its own.
  const offset = few ? 0 : 3;
  const values: unknown[] = [timestamp(first - WINDOW_MS), timestamp(last + WINDOW_MS)];
  const conditions = ENTITY_KINDS.flatMap((kind) => {
    const ids = [...new Set(transactions.flatMap((transaction) => layouts[kind].entity(transaction) ?? []))];
    return (few ? ids : [ids]).map(
      (value) => `${ENTITY_COLUMNS[kind]} = ${few ? '' : 'ANY'} ($${offset + values.push(value)})`,
    );
  });
  const text = `SELECT ${TRANSACTION_COLUMNS} FROM tap.transactions t
    WHERE t.occurred_at > $${offset + 1} AND t.occurred_at < $${offset + 2} AND (${conditions.join(' OR ')})`;
  if (few) yield (await database.query<TransactionRow>(text, values)).rows;
  else {
    yield* portions<TransactionRow>(
      database,
      `${text} AND (t.occurred_at, t.transaction_id) > ($1, $2) ORDER BY t.occurred_at, t.transaction_id LIMIT $3`,
      values,
    );
  }
}
