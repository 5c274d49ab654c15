import { inJst } from './catalogue';
import type { WrittenTransaction } from './purchases';

const DAY_MS = 86_400_000;

/** What producers get wrong, each as the line they would write in place of a transaction, by the reason it is refused for. */
export const DEFECTS: readonly { reason: string; write: (transaction: WrittenTransaction) => string }[] = [
  { reason: 'not-json', write: (transaction) => JSON.stringify(transaction).slice(0, -20) },
  { reason: 'missing:amount', write: ({ amount: _, ...rest }) => JSON.stringify(rest) },
  // Yen has no minor unit, and a producer that thinks in dollars writes decimals.
  { reason: 'malformed:amount', write: (transaction) => JSON.stringify({ ...transaction, amount: 4980.5 }) },
  { reason: 'malformed:currency', write: (transaction) => JSON.stringify({ ...transaction, currency: 'YEN' }) },
  {
    reason: 'malformed:occurredAt',
    write: (transaction) => JSON.stringify({ ...transaction, occurredAt: transaction.occurredAt.slice(0, 19) }),
  },
  {
    reason: 'future:occurredAt',
    write: (transaction) =>
      JSON.stringify({ ...transaction, occurredAt: inJst(Date.parse(transaction.occurredAt) + DAY_MS) }),
  },
  // The number that every acquirer's documentation uses for tests.
  {
    reason: 'card-number:memo',
    write: (transaction) => JSON.stringify({ ...transaction, memo: 'card 4111 1111 1111 1111' }),
  },
];
