import { addressCardTesting, customerCardTesting, deviceCardTesting } from '../../../../processor/rules/card-testing';
import { tokenDeclines } from '../../../../processor/rules/token-declines';
import { facts, HOUR, ofCustomer, ofShared, ofToken, series, transaction } from './given';

describe('token-declines', () => {
  const parameters = { windowMinutes: 1440, count: 3 };
  const evaluate = (outcome: 'approved' | 'declined', earlier: number) =>
    tokenDeclines.evaluate(
      transaction({ outcome }),
      facts({ token: [ofToken(HOUR), ...series(earlier, (ago) => ofToken(ago, { declined: true }))] }),
      parameters,
    );

  test.each([
    ['declined', 2, undefined],
    ['declined', 3, { observed: 4, limit: 3, windowMinutes: 1440 }],
    ['approved', 3, undefined],
    ['approved', 4, { observed: 4, limit: 3, windowMinutes: 1440 }],
  ] as const)('an %s one after %d declined', (outcome, earlier, expected) => {
    expect(evaluate(outcome, earlier)).toEqual(expected);
  });

  test.each([
    ['inside', 10 * 60_000 - 1, { observed: 4, limit: 3, windowMinutes: 10 }],
    ['at the edge of', 10 * 60_000, undefined],
  ])('counts to the millisecond %s the window', (_, ago, expected) => {
    const token = [ago, 2, 1].map((one) => ofToken(one, { declined: true }));
    expect(
      tokenDeclines.evaluate(transaction({ outcome: 'declined' }), facts({ token }), {
        windowMinutes: 10,
        count: 3,
      }),
    ).toEqual(expected);
  });
});

describe.each([
  { rule: customerCardTesting, of: 'customer', make: ofCustomer },
  { rule: deviceCardTesting, of: 'device', make: ofShared },
  { rule: addressCardTesting, of: 'address', make: ofShared },
] as const)('$rule.name', ({ rule, of, make }) => {
  const parameters = { windowMinutes: 60, count: 20, failureRatio: 0.8, minimumSample: 20 };
  const evaluate = (outcome: 'approved' | 'declined', declined: number, approved: number, changed = {}) =>
    rule.evaluate(
      transaction({ outcome }),
      facts({ [of]: series(declined + approved, (ago, index) => make(ago, { declined: index < declined })) }),
      { ...parameters, ...changed },
    );
  const fired = (observed: number, sample: number) => ({
    observed,
    limit: 20,
    windowMinutes: 60,
    sample,
    failureRatio: 0.8,
    minimumSample: 20,
  });

  test.each([
    ['at the count', 'declined', 19, 0, undefined],
    ['at the count in a larger sample', 'declined', 19, 1, undefined],
    ['above the count', 'declined', 20, 0, fired(21, 21)],
    ['above the count before an approved one', 'approved', 21, 0, fired(21, 22)],
    ['at the ratio: 24 of 30', 'declined', 23, 6, fired(24, 30)],
    ['below the ratio: 24 of 31', 'declined', 23, 7, undefined],
  ] as const)('%s', (_, outcome, declined, approved, expected) => {
    expect(evaluate(outcome, declined, approved)).toEqual(expected);
  });

  test.each([
    ['below the minimum sample', 8, undefined],
    ['from the minimum sample on', 9, { observed: 10, limit: 3, sample: 10, minimumSample: 10 }],
  ])('%s', (_, declined, expected) => {
    const evidence = evaluate('declined', declined, 0, { count: 3, minimumSample: 10 });
    expected === undefined ? expect(evidence).toBeUndefined() : expect(evidence).toMatchObject(expected);
  });

  test('a ratio of 1 wants nothing but declines', () => {
    expect(evaluate('declined', 20, 0, { failureRatio: 1 })).toMatchObject({ observed: 21, sample: 21 });
    expect(evaluate('declined', 20, 1, { failureRatio: 1 })).toBeUndefined();
  });

  test.each([
    ['inside', HOUR - 1, fired(21, 21)],
    ['at the edge of', HOUR, undefined],
  ])('counts to the millisecond %s the window', (_, ago, expected) => {
    const records = [make(ago, { declined: true }), ...series(19, (one) => make(one, { declined: true }))];
    expect(rule.evaluate(transaction({ outcome: 'declined' }), facts({ [of]: records }), parameters)).toEqual(expected);
  });

  test('looks only at its own history', () => {
    const full = {
      customer: series(30, (ago) => ofCustomer(ago, { declined: true })),
      token: series(30, (ago) => ofToken(ago, { declined: true })),
      device: series(30, (ago) => ofShared(ago, { declined: true })),
      address: series(30, (ago) => ofShared(ago, { declined: true })),
    };
    expect(
      rule.evaluate(transaction({ outcome: 'declined' }), facts({ ...full, [of]: [] }), parameters),
    ).toBeUndefined();
  });
});
