import fc from 'fast-check';
import { fingerprint } from '../../../../processor/fingerprint';
import { judge, rules } from '../../../../processor/rules';
import { tokenDeclines } from '../../../../processor/rules/token-declines';
import { tokenVelocity } from '../../../../processor/rules/velocity';
import type { Facts, HistoryRecord, Transaction } from '../../../../processor/types';
import { defaultRuleSet, facts, MINUTE, NOW, transaction } from './given';

const DAY = 1440 * MINUTE;
const byTime = (a: HistoryRecord, b: HistoryRecord) => a.occurredAt - b.occurredAt || a.print - b.print;

// Small pools of ids and times, so that ties, repetitions and window edges are common.
const ago = fc.oneof(fc.constantFrom(0, MINUTE, 30 * MINUTE, 60 * MINUTE), fc.integer({ min: 0, max: DAY - 1 }));
const amount = fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 10 ** 12 }));
const currency = fc.constantFrom('JPY', 'USD');
const print = (prefix: string) => fc.integer({ min: 1, max: 6 }).map((index) => fingerprint(`${prefix}-${index}`));
const degrees = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });
const country = fc.option(fc.constantFrom('JP', 'US', 'BR'), { nil: undefined });

const base = {
  print: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  occurredAt: ago.map((ms) => NOW - ms),
  amount,
  currency,
  declined: fc.boolean(),
};
const sorted = <R extends HistoryRecord>(record: fc.Arbitrary<R>) =>
  fc
    .uniqueArray(record, { selector: ({ occurredAt, print }) => `${occurredAt} ${print}`, maxLength: 60, size: 'max' })
    .map((records) => records.sort(byTime));
const shared = sorted(fc.record({ ...base, customer: print('cus'), token: print('tok') }));
const place = fc.oneof(
  fc.record({ latitude: degrees(90), longitude: degrees(180) }),
  fc.constant({ latitude: Number.NaN, longitude: Number.NaN }),
);
const tokenRecord = fc.tuple(fc.record(base), place).map(([record, where]) => ({ ...record, ...where }));

const someFacts: fc.Arbitrary<Facts> = fc
  .record({
    customer: sorted(fc.record({ ...base, merchant: print('mer'), order: fc.oneof(fc.constant(0), print('ord')) })),
    token: sorted(tokenRecord),
    device: shared,
    address: shared,
    listHits: fc.array(
      fc.record({
        list: fc.constantFrom('block', 'watch', 'allow'),
        of: fc.constantFrom('customer', 'token', 'country'),
        entry: fc.integer({ min: 1, max: 1000 }),
        reason: fc.string(),
      }),
      { maxLength: 4 },
    ),
  })
  .map(facts);
const someTransaction: fc.Arbitrary<Transaction> = fc
  .record({
    amount,
    currency,
    outcome: fc.constantFrom('approved', 'declined'),
    orderId: fc.constantFrom('ord-1', undefined),
    cardIssuerCountry: country,
    billingCountry: country,
    shippingCountry: country,
    location: fc.option(fc.record({ latitude: degrees(90), longitude: degrees(180) }), { nil: undefined }),
    accountCreatedAt: fc.option(
      fc.integer({ min: -2 * DAY, max: DAY }).map((ms) => NOW + ms),
      { nil: undefined },
    ),
  })
  .map(transaction);

function frozen<T>(value: T): T {
  for (const inner of Object.values(value as object)) if (typeof inner === 'object') frozen(inner);
  return Object.freeze(value);
}

describe('every verdict', () => {
  const verdictOf = (judged: Transaction, given: Facts) => judge(judged, given, defaultRuleSet);

  test('is the same again, from arguments that cannot be changed', () => {
    fc.assert(
      fc.property(someTransaction, someFacts, (judged, given) => {
        const first = verdictOf(frozen(judged), frozen(given));
        const { idOf, ...histories } = given;
        const copy = { ...structuredClone(histories), idOf };
        expect(judge(structuredClone(judged), copy, structuredClone(defaultRuleSet))).toEqual(first);
      }),
    );
  });

  test('scores the weights of its reasons, at most 100, and decides by the cut-offs unless the allow list does', () => {
    fc.assert(
      fc.property(someTransaction, someFacts, (judged, given) => {
        const { score, decision, reasons } = verdictOf(judged, given);
        expect(score).toBe(
          Math.min(
            100,
            reasons.reduce((sum, { weight }) => sum + weight, 0),
          ),
        );
        const on = (list: string) => given.listHits.some((hit) => hit.list === list);
        const byScore = score >= 90 ? 'block' : score >= 40 ? 'review' : 'allow';
        expect(decision).toBe(on('allow') && !on('block') ? 'allow' : byScore);
      }),
    );
  });

  test('names each rule once, in order, with evidence above its limit that survives JSON', () => {
    const order = rules.map(({ name }) => name as string);
    fc.assert(
      fc.property(someTransaction, someFacts, (judged, given) => {
        const { reasons } = verdictOf(judged, given);
        expect(reasons.map(({ rule }) => rule)).toEqual(
          order.filter((name) => reasons.some(({ rule }) => rule === name)),
        );
        for (const reason of reasons) {
          expect(reason.observed).toBeGreaterThan(reason.limit as number);
          for (const value of Object.values(reason)) expect(['string', 'number']).toContain(typeof value);
        }
        expect(JSON.parse(JSON.stringify(reasons))).toEqual(reasons);
      }),
    );
  });

  test('does not depend on what is 24 hours old or older', () => {
    const old = fc.integer({ min: DAY, max: 3 * DAY });
    fc.assert(
      fc.property(someTransaction, someFacts, old, (judged, given, ms) => {
        const older = <R extends HistoryRecord>(records: readonly R[]) => [
          ...records.map((record) => ({ ...record, occurredAt: NOW - ms })),
          ...records,
        ];
        const longer = {
          ...given,
          customer: older(given.customer),
          token: older(given.token),
          device: older(given.device),
          address: older(given.address),
        };
        expect(verdictOf(judged, longer)).toEqual(verdictOf(judged, given));
      }),
    );
  });
});

describe('counts in a window', () => {
  const windowMinutes = fc.integer({ min: 1, max: 1440 });
  const count = fc.integer({ min: 1, max: 12 });
  const token = sorted(tokenRecord);

  test('are those of a plain filter over all records', () => {
    fc.assert(
      fc.property(
        token,
        windowMinutes,
        count,
        fc.constantFrom('approved', 'declined'),
        (records, minutes, limit, outcome) => {
          const judged = transaction({ outcome });
          const within = records.filter(({ occurredAt }) => occurredAt > NOW - minutes * MINUTE);
          const all = within.length + 1;
          const declined = within.filter((record) => record.declined).length + (outcome === 'declined' ? 1 : 0);
          const evidence = (observed: number) =>
            observed > limit ? { observed, limit, windowMinutes: minutes } : undefined;
          const given = facts({ token: records });
          const parameters = { windowMinutes: minutes, count: limit };
          expect(tokenVelocity.evaluate(judged, given, parameters)).toEqual(evidence(all));
          expect(tokenDeclines.evaluate(judged, given, parameters)).toEqual(evidence(declined));
        },
      ),
    );
  });

  test('never fall when the window grows', () => {
    fc.assert(
      fc.property(token, windowMinutes, windowMinutes, (records, one, other) => {
        const observed = (minutes: number) =>
          tokenVelocity.evaluate(transaction(), facts({ token: records }), { windowMinutes: minutes, count: 1 })
            ?.observed ?? 1;
        expect(observed(Math.max(one, other))).toBeGreaterThanOrEqual(observed(Math.min(one, other)) as number);
      }),
    );
  });
});
