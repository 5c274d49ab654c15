import type { Pool } from 'pg';
import { entitiesOf, type Snapshot } from '../history/history';
import { ENTITY_KINDS, keptOf, layouts, packRecord } from '../history/record';
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

/** As many entities are looked up one by one; for more, reading the days once is faster. */
const FEW = 32;

/**
 * By key, the histories of the transactions' entities from permanent storage: at least everything from 24 hours before the first
 * to 24 hours after the last of the transactions.
 */
export async function storedHistories(
  database: Pick<Pool, 'query'>,
  transactions: readonly Transaction[],
): Promise<Snapshot['timelines']> {
  const entities = new Map(transactions.flatMap((t) => entitiesOf(t)).map(({ key, kind }) => [key, kind]));
  if (entities.size === 0) return new Map();
  const packed = new Map<string, Buffer[]>([...entities.keys()].map((key) => [key, []]));
  const select = entities.size <= FEW ? transactionsOfFew : transactionsOfMany;
  for await (const rows of select(database, transactions)) {
    for (const transaction of rows.map(fromRow)) {
      for (const { kind, key } of entitiesOf(transaction)) packed.get(key)?.push(packRecord(kind, keptOf(transaction)));
    }
  }
  return new Map(
    [...entities].map(([key, kind]) => [
      key,
      Timeline.parse<EntityKind>(kind, Buffer.concat(packed.get(key) as Buffer[])),
    ]),
  );
}

/** One that several entities share comes several times. */
async function* transactionsOfFew(
  database: Pick<Pool, 'query'>,
  transactions: readonly Transaction[],
): AsyncGenerator<TransactionRow[]> {
  const [first, last] = spanOf(transactions);
  const ids = idsOf(transactions);
  const { rows } = await database.query<TransactionRow>(
    `SELECT ${TRANSACTION_COLUMNS} FROM unnest($1::text[], $2::text[]) e (entity, id),
      tap.transactions_of(entity, id, $3, $4)`,
    [
      ids.flatMap(([column, values]) => values.map(() => column)),
      ids.flatMap(([, values]) => values),
      timestamp(first).slice(0, 10),
      timestamp(last).slice(0, 10),
    ],
  );
  yield rows;
}

function transactionsOfMany(
  database: Pick<Pool, 'query'>,
  transactions: readonly Transaction[],
): AsyncGenerator<TransactionRow[]> {
  const ids = idsOf(transactions);
  const conditions = ids.map(([column], i) => `${column} = ANY ($${i + 6})`);
  return portions<TransactionRow>(
    database,
    `SELECT ${TRANSACTION_COLUMNS} FROM tap.transactions t
      WHERE (t.occurred_at, t.transaction_id) > ($1, $2) AND t.occurred_at >= $4 AND t.occurred_at <= $5
        AND (${conditions.join(' OR ')})
      ORDER BY t.occurred_at, t.transaction_id LIMIT $3`,
    [...spanOf(transactions).map(timestamp), ...ids.map(([, values]) => values)],
  );
}

/** From 24 hours before the first to 24 hours after the last, milliseconds since 1970-01-01T00:00:00Z. */
function spanOf(transactions: readonly Transaction[]): [first: number, last: number] {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { occurredAt } of transactions) {
    first = Math.min(first, occurredAt - WINDOW_MS);
    last = Math.max(last, occurredAt + WINDOW_MS);
  }
  return [first, last];
}

/** The entities' ids by column. */
function idsOf(transactions: readonly Transaction[]): [column: string, ids: string[]][] {
  return ENTITY_KINDS.map((kind) => [
    ENTITY_COLUMNS[kind],
    [...new Set(transactions.flatMap((transaction) => layouts[kind].entity(transaction) ?? []))],
  ]);
}
