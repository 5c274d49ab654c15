import fc from 'fast-check';
import { Lists } from '../../../../processor/policy/lists';
import { judgeBoth } from '../../../../processor/replay/judges';
import { judge, rules } from '../../../../processor/rules';
import type { RuleSet } from '../../../../processor/rules/rule-set';
import type { Facts } from '../../../../processor/types';
import { bruteForce } from '../../../helpers/oracle';
import { MINUTE, T0, transaction } from '../../../helpers/transactions';
import { ruleSetOf } from './rule-sets';

// Limits so low that most rules fire now and then, and rule sets that differ in some of them.
const LOW: Record<string, object> = {
  'block-list': {},
  'allow-list': {},
  'token-velocity': { count: 1 },
  'customer-velocity': { count: 1 },
  'customer-amount': { amounts: { JPY: 3_000 } },
  'large-amount': { amounts: { JPY: 2_500 } },
  'token-declines': { count: 1 },
  'device-tokens': { count: 1 },
  'duplicate-order': {},
  'impossible-travel': { speedKmh: 1, distanceKm: 0 },
  'country-mismatch': {},
};
const HIGH = { count: 2, weight: 55, amounts: { JPY: 4_000 } };
const names = Object.keys(LOW);

const ruleSets = fc
  .record({
    off: fc.subarray(names),
    other: fc.subarray(names.filter((name) => 'count' in (LOW[name] as object) || 'amounts' in (LOW[name] as object))),
    weighed: fc.subarray(names),
  })
  .map(({ off, other, weighed }) => {
    const settings = names
      .filter((name) => !off.includes(name))
      .map((name): [string, object] => {
        const low = LOW[name] as object;
        const changed = Object.fromEntries(
          Object.keys(low)
            .filter((key) => key in HIGH)
            .map((key) => [key, HIGH[key as 'count']]),
        );
        return [name, { ...low, ...(other.includes(name) && changed), ...(weighed.includes(name) && { weight: 55 }) }];
      });
    return ruleSetOf('any', Object.fromEntries(settings));
  });

const traffic = fc
  .array(
    fc.record({
      minute: fc.nat(90),
      amount: fc.nat(5_000),
      outcome: fc.constantFrom('approved' as const, 'declined' as const),
      customerId: fc.constantFrom('c1', 'c2'),
      paymentToken: fc.constantFrom('t1', 't2'),
      deviceId: fc.constantFrom(undefined, 'd1'),
      orderId: fc.constantFrom(undefined, 'o1'),
      location: fc.constantFrom(undefined, { latitude: 35, longitude: 139 }, { latitude: 36, longitude: 139 }),
      shippingCountry: fc.constantFrom(undefined, 'JP', 'US'),
      cardIssuerCountry: fc.constantFrom(undefined, 'JP'),
    }),
    { minLength: 1, maxLength: 12, size: 'max' },
  )
  .map((all) =>
    all.map(({ minute, ...changes }, i) =>
      transaction({ transactionId: `tx-${(i * 7) % 13}`, occurredAt: T0 + minute * MINUTE, ...changes }),
    ),
  );

const lists = Lists.EMPTY.after([
  { id: 1, list: 'block', kind: 'token', value: 't1', change: 'add', reason: 'stolen', expiresAt: T0 + 20 * MINUTE },
  { id: 2, list: 'allow', kind: 'customer', value: 'c2', change: 'add', reason: 'known', expiresAt: null },
]);

test('judges by two rule sets as by each alone, on the histories of brute force', () => {
  const fired = new Set<string>();
  fc.assert(
    fc.property(traffic, ruleSets, ruleSets, (transactions, baseline, candidate) => {
      const both = judgeBoth({ baseline, candidate });
      const hitsOf = (t: (typeof transactions)[number]) => lists.hitsOf(t);
      const alone = (ruleSet: RuleSet) => bruteForce(transactions, (t, facts) => judge(t, facts, ruleSet), hitsOf);
      const of = (side: 'baseline' | 'candidate') =>
        bruteForce(transactions, (t, facts: Facts) => both(t, facts)[side], hitsOf);
      expect(of('baseline')).toEqual(alone(baseline));
      expect(of('candidate')).toEqual(alone(candidate));
      for (const { reasons } of of('candidate').values()) for (const { rule } of reasons) fired.add(rule);
    }),
    { numRuns: 200 },
  );
  // What never fires proves nothing.
  expect([...fired].sort()).toEqual([...names].sort());
  expect(rules.map(({ name }) => name as string)).toEqual(expect.arrayContaining(names));
});
