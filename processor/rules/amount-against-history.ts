import { above, amounts, minimumSample, windowMinutes } from './parameters';
import { defineRule, inWindow } from './rule';

export const amountAgainstHistory = defineRule({
  name: 'amount-against-history',
  description:
    'Amount, approved or declined, against a multiple of the mean of the earlier approved payments of the customer in the ' +
    'window and currency; judged from minimumSample such payments and from the minimum amount on',
  source:
    'ours, none published: three small payments and then one ten times as large is how a tested card is used up; ' +
    'the minimum amount keeps out a cheap lunch followed by a dinner',
  unit: 'minor units',
  parameters: { windowMinutes, multiple: above(1, 1000), minimumSample, minimumAmounts: amounts },
  evaluate(transaction, facts, { windowMinutes, multiple, minimumSample, minimumAmounts }) {
    const { occurredAt, amount, currency } = transaction;
    const minimumAmount = minimumAmounts[currency];
    if (minimumAmount === undefined || amount < minimumAmount) return undefined;
    let sum = 0;
    let sample = 0;
    for (const record of inWindow(facts.customer, occurredAt, windowMinutes)) {
      if (record.declined || record.currency !== currency) continue;
      sum += record.amount;
      sample += 1;
    }
    if (sample < minimumSample) return undefined;
    // An amount is an integer: it is above the multiple of the mean exactly when it is above its whole part.
    const limit = Math.floor((multiple * sum) / sample);
    return amount > limit
      ? { observed: amount, limit, currency, windowMinutes, multiple, sample, sum, minimumAmount }
      : undefined;
  },
});
