import { fromRow, TRANSACTION_COLUMNS } from '../../processor/store/row';
import type { Transaction, Verdict } from '../../processor/types';
import { arrival, invoke, judgement, type MigratedDatabase } from './migrated-database';
import { MINUTE, T0, transaction } from './transactions';

/** What an operation says of an erasure. */
export interface Erasure {
  erasure: number;
  state: string;
  counts: Record<string, unknown> | null;
}

export const ask = (customerId: string): Promise<Erasure> =>
  invoke({ action: 'erase', customerId, person: 'alice', reason: 'case 12' });
export const approve = (erasure: number, person = 'bob'): Promise<Erasure> =>
  invoke({ action: 'erase-approve', erasure, person }, 'approve');
export const goOn = (erasure: number): Promise<Erasure> => invoke({ action: 'erase-continue', erasure });

let customers = 0;

/** Transactions of a customer of its own, a minute apart. */
export function some(count: number, changes: (i: number) => Partial<Transaction> = () => ({})) {
  const customerId = `customer-${'abcdefghijklmnopqrstuvwxyz'[customers++]}`;
  return Array.from({ length: count }, (_, i) =>
    transaction({
      transactionId: `${customerId}-${i}`,
      occurredAt: T0 + i * MINUTE,
      customerId,
      paymentToken: `token-of-${customerId}`,
      ...changes(i),
    }),
  ) as [Transaction, ...Transaction[]];
}

/** Stores transactions as if three days ago, with a verdict each. */
export async function stored(
  database: MigratedDatabase,
  transactions: readonly Transaction[],
  verdicts: readonly (Verdict | undefined)[] = [],
): Promise<void> {
  await database.store.accept(
    transactions.map((t) => arrival(t)),
    [],
  );
  const judgements = transactions.map((t, i) => judgement(t, verdicts[i] && { verdict: verdicts[i] }));
  expect(await database.store.record(judgements, [], 1)).toBe(true);
  await database.asMaster("UPDATE tap.transactions SET stored_at = stored_at - interval '3 days'");
}

/** What is stored of transactions now, in order of event time and id. */
export async function read(database: MigratedDatabase, transactions: readonly Transaction[]): Promise<Transaction[]> {
  const { rows } = await database.operator.query(
    `SELECT ${TRANSACTION_COLUMNS} FROM tap.transactions t WHERE transaction_id = ANY ($1) ORDER BY t.occurred_at, transaction_id`,
    [transactions.map(({ transactionId }) => transactionId)],
  );
  return rows.map(fromRow);
}
