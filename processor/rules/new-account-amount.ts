import { amounts, whole } from './parameters';
import { defineRule } from './rule';

export const newAccountAmount = defineRule({
  name: 'new-account-amount',
  description:
    'Amount of this transaction, approved or declined, on an account younger than accountAgeMinutes; an account ' +
    'created after the transaction has age 0',
  source: 'ours, none published: a first purchase on the day of sign-up is usual, a large one is not',
  unit: 'minor units',
  parameters: { accountAgeMinutes: whole(1, 525_600, 'minutes'), amounts },
  evaluate({ occurredAt, amount, currency, accountCreatedAt }, _facts, { accountAgeMinutes, amounts }) {
    const limit = amounts[currency];
    if (limit === undefined || accountCreatedAt === undefined || amount <= limit) return undefined;
    const ageMs = Math.max(0, occurredAt - accountCreatedAt);
    return ageMs < accountAgeMinutes * 60_000
      ? { observed: amount, limit, currency, ageMs, accountAgeMinutes }
      : undefined;
  },
});
