import type { EntityKind, HistoryRecord } from '../types';
import { above, count, minimumSample, windowMinutes } from './parameters';
import { defineRule, inWindow } from './rule';

function cardTesting<Name extends string>(name: Name, entity: EntityKind, where: string, source: string) {
  return defineRule({
    name,
    description:
      `Declined transactions ${where} in the window, this one included, where they are at least the failure ratio ` +
      'of at least minimumSample transactions',
    source,
    unit: 'declined transactions',
    parameters: { windowMinutes, count, failureRatio: above(0, 1), minimumSample },
    evaluate({ occurredAt, outcome }, facts, { windowMinutes, count, failureRatio, minimumSample }) {
      const records: readonly HistoryRecord[] = facts[entity];
      const earlier = inWindow(records, occurredAt, windowMinutes);
      const sample = earlier.length + 1;
      if (sample <= count || sample < minimumSample) return undefined;
      let observed = outcome === 'declined' ? 1 : 0;
      for (const record of earlier) {
        if (record.declined) observed += 1;
      }
      return observed > count && observed / sample >= failureRatio
        ? { observed, limit: count, windowMinutes, sample, failureRatio, minimumSample }
        : undefined;
    },
  });
}

const ebisumart = "ebisumart's default in Japan, for a member: more than 20 failures and 80 % errors in 1 hour";

export const customerCardTesting = cardTesting('card-testing-customer', 'customer', 'of the customer', ebisumart);

export const deviceCardTesting = cardTesting(
  'card-testing-device',
  'device',
  'on the device',
  `ours, after ${ebisumart}; a tester changes accounts, not machines`,
);

export const addressCardTesting = cardTesting(
  'card-testing-address',
  'address',
  'on the IP address',
  `ours, after ${ebisumart}; the ratio keeps out a shared address, where most payments succeed`,
);
