import { count, windowMinutes } from './parameters';
import { defineRule, inWindow } from './rule';

export const tokenDeclines = defineRule({
  name: 'token-declines',
  description: 'Declined transactions of the payment token in the window, this one included when it is declined',
  source: 'OneSpan: more than 3 in 24 hours',
  unit: 'declined transactions',
  parameters: { windowMinutes, count },
  evaluate({ occurredAt, outcome }, facts, { windowMinutes, count }) {
    let observed = outcome === 'declined' ? 1 : 0;
    for (const record of inWindow(facts.token, occurredAt, windowMinutes)) {
      if (record.declined) observed += 1;
    }
    return observed > count ? { observed, limit: count, windowMinutes } : undefined;
  },
});
