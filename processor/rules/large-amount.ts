import { amounts } from './parameters';
import { defineRule } from './rule';

export const largeAmount = defineRule({
  name: 'large-amount',
  description: 'Amount of this transaction alone, approved or declined',
  source:
    'ours: fraud above 500,000 yen in each of three consecutive months makes a merchant fraud-exposed in Japan, ' +
    'so one payment of that size deserves a look',
  unit: 'minor units',
  parameters: { amounts },
  evaluate({ amount, currency }, _facts, { amounts }) {
    const limit = amounts[currency];
    return limit !== undefined && amount > limit ? { observed: amount, limit, currency } : undefined;
  },
});
