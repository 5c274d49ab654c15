import type { EntityKind, HistoryRecord } from '../types';
import { count, windowMinutes } from './parameters';
import { defineRule, inWindow } from './rule';

function velocity<Name extends string>(name: Name, entity: EntityKind, description: string, source: string) {
  return defineRule({
    name,
    description,
    source,
    unit: 'transactions',
    parameters: { windowMinutes, count },
    evaluate({ occurredAt }, facts, { windowMinutes, count }) {
      const records: readonly HistoryRecord[] = facts[entity];
      const observed = inWindow(records, occurredAt, windowMinutes).length + 1;
      return observed > count ? { observed, limit: count, windowMinutes } : undefined;
    },
  });
}

export const tokenVelocity = velocity(
  'token-velocity',
  'token',
  'Transactions of the payment token in the window, approved or declined, this one included',
  'Feedzai: more than 4 in the 30 minutes before it, which is more than 5 with it',
);

export const customerVelocity = velocity(
  'customer-velocity',
  'customer',
  'Transactions of the customer in the window, approved or declined, this one included',
  "Jube's sample: more than 5 in 1 hour",
);
