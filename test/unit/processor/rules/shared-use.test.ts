import { fingerprint } from '../../../../processor/fingerprint';
import { addressCustomers, addressTokens, deviceCustomers, deviceTokens } from '../../../../processor/rules/shared-use';
import { facts, HOUR, ofShared, series, transaction } from './given';

describe.each([
  { rule: deviceTokens, of: 'device', counted: 'token', own: 'tok-1' },
  { rule: deviceCustomers, of: 'device', counted: 'customer', own: 'cus-1' },
  { rule: addressTokens, of: 'address', counted: 'token', own: 'tok-1' },
  { rule: addressCustomers, of: 'address', counted: 'customer', own: 'cus-1' },
] as const)('$rule.name', ({ rule, of, counted, own }) => {
  const evaluate = (...ids: string[]) =>
    rule.evaluate(
      transaction(),
      facts({
        [of]: series(ids.length, (ago, index) => ofShared(ago, { [counted]: fingerprint(ids[index] ?? '') })),
      }),
      { windowMinutes: 60, count: 3 },
    );

  test.each([
    ['two others and its own are allowed', ['a', 'b'], undefined],
    ['three others and its own fire', ['a', 'b', 'c'], { observed: 4, limit: 3, windowMinutes: 60 }],
    ['its own counts once', ['a', own, 'b', own], undefined],
    ['every other counts once', ['a', 'a', 'b', 'b', 'a'], undefined],
    [
      'what fires is the number of different ones',
      ['a', 'b', 'a', 'c', own, 'd'],
      { observed: 5, limit: 3, windowMinutes: 60 },
    ],
  ])('%s', (_, ids, expected) => {
    expect(evaluate(...ids)).toEqual(expected);
  });

  test.each([
    ['inside', HOUR - 1, { observed: 4, limit: 3, windowMinutes: 60 }],
    ['at the edge of', HOUR, undefined],
  ])('counts to the millisecond %s the window', (_, ago, expected) => {
    const distinct = [ago, 2, 1].map((one, index) => ofShared(one, { [counted]: index + 1 }));
    expect(rule.evaluate(transaction(), facts({ [of]: distinct }), { windowMinutes: 60, count: 3 })).toEqual(expected);
  });

  test('counts declined attempts', () => {
    const records = [1, 2, 3].map((id) => ofShared(4 - id, { [counted]: id, declined: true }));
    expect(rule.evaluate(transaction(), facts({ [of]: records }), { windowMinutes: 60, count: 3 })).toEqual({
      observed: 4,
      limit: 3,
      windowMinutes: 60,
    });
  });

  test('looks only at its own history and figure', () => {
    const both = [1, 2, 3, 4].map((id) => ofShared(5 - id, { customer: id, token: id }));
    const same = both.map((one) => ({ ...one, [counted]: fingerprint(own) }));
    const parameters = { windowMinutes: 60, count: 3 };
    expect(rule.evaluate(transaction(), { ...facts({ device: both, address: both }), [of]: [] }, parameters)).toBe(
      undefined,
    );
    expect(rule.evaluate(transaction(), facts({ [of]: same }), parameters)).toBeUndefined();
  });
});
