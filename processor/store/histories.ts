import type { Pool } from 'pg';
import { entitiesOf, type Snapshot } from '../history/history';
import { ENTITY_KINDS, layouts, packRecord } from '../history/record';
import { Timeline, WINDOW_MS } from '../history/timeline';
import type { EntityKind, Transaction } from '../types';
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
  for (const transaction of await allOf(database, transactions, entities.size <= FEW)) {
    for (const { kind, key } of entitiesOf(transaction))
      packed.get(key)?.push(packRecord(kind, layouts[kind].record(transaction) as never));
  }
  return new Map(
    [...entities].map(([key, kind]) => [
      key,
      Timeline.parse<EntityKind>(kind, Buffer.concat(packed.get(key) as Buffer[])),
    ]),
  );
}

/** The transactions of all entities of the given ones. */
async function allOf(
  database: Pick<Pool, 'query'>,
  transactions: readonly Transaction[],
  few: boolean,
): Promise<Transaction[]> {
  if (transactions.length === 0) return [];
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { occurredAt } of transactions) {
    first = Math.min(first, occurredAt);
    last = Math.max(last, occurredAt);
  }
  const values: unknown[] = [timestamp(first - WINDOW_MS), timestamp(last + WINDOW_MS)];
  const conditions = ENTITY_KINDS.flatMap((kind) => {
    const ids = [...new Set(transactions.flatMap((transaction) => layouts[kind].entity(transaction) ?? []))];
    return (few ? ids : [ids]).map((value) => `${ENTITY_COLUMNS[kind]} = ${few ? '' : 'ANY'} ($${values.push(value)})`);
  });
  const { rows } = await database.query<TransactionRow>(
    `SELECT ${TRANSACTION_COLUMNS} FROM tap.transactions
      WHERE occurred_at > $1 AND occurred_at < $2 AND (${conditions.join(' OR ')})`,
    values,
  );
  return rows.map(fromRow);
}
