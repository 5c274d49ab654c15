import { amounts, windowMinutes } from './parameters';
import { defineRule, inWindow } from './rule';

export const customerAmount = defineRule({
  name: 'customer-amount',
  description:
    'Sum of the approved payments of the customer in the window and currency, this one included; a declined one is not judged',
  source: 'finpayconsultants: 2,000 USD in 24 hours, at 150 yen to the dollar',
  unit: 'minor units',
  parameters: { windowMinutes, amounts },
  evaluate(transaction, facts, { windowMinutes, amounts }) {
    const { occurredAt, amount, currency, outcome } = transaction;
    const limit = amounts[currency];
    if (limit === undefined || outcome === 'declined') return undefined;
    let observed = amount;
    let payments = 1;
    for (const record of inWindow(facts.customer, occurredAt, windowMinutes)) {
      if (record.declined || record.currency !== currency) continue;
      observed += record.amount;
      payments += 1;
    }
    return observed > limit ? { observed, limit, currency, windowMinutes, payments } : undefined;
  },
});
