import { customerVelocity, tokenVelocity } from '../../../../processor/rules/velocity';
import { facts, HOUR, MINUTE, ofCustomer, ofToken, series, transaction } from './given';

const cases = [
  { rule: tokenVelocity, records: (ago: number, declined = false) => ofToken(ago, { declined }), of: 'token' },
  { rule: customerVelocity, records: (ago: number, declined = false) => ofCustomer(ago, { declined }), of: 'customer' },
] as const;

describe.each(cases)('$rule.name', ({ rule, records, of }) => {
  const parameters = { windowMinutes: 30, count: 5 };
  const evaluate = (agos: number[], declined = false) =>
    rule.evaluate(
      transaction(),
      facts({ [of]: agos.sort((a, b) => b - a).map((ago) => records(ago, declined)) }),
      parameters,
    );

  test('counts this transaction: four before it are allowed and so are the five with it', () => {
    expect(evaluate(series(4, (ago) => ago))).toBeUndefined();
  });

  test('fires above the count', () => {
    expect(evaluate(series(5, (ago) => ago))).toEqual({ observed: 6, limit: 5, windowMinutes: 30 });
  });

  test('counts declined transactions too', () => {
    expect(
      evaluate(
        series(5, (ago) => ago),
        true,
      ),
    ).toEqual({ observed: 6, limit: 5, windowMinutes: 30 });
  });

  test('the window holds a record one millisecond inside it', () => {
    expect(evaluate([1, 2, 3, 4, 30 * MINUTE - 1])).toEqual({ observed: 6, limit: 5, windowMinutes: 30 });
  });

  test('the window leaves out a record exactly its length ago', () => {
    expect(evaluate([1, 2, 3, 4, 30 * MINUTE])).toBeUndefined();
  });

  test('counts records at the same instant', () => {
    expect(evaluate([0, 0, 0, 0, 0])).toEqual({ observed: 6, limit: 5, windowMinutes: 30 });
  });

  test('looks only at its own history', () => {
    const other = facts({
      customer: series(9, (ago) => ofCustomer(ago)),
      token: series(9, (ago) => ofToken(ago)),
      [of]: [],
    });
    expect(rule.evaluate(transaction(), other, parameters)).toBeUndefined();
  });

  test('a window of 24 hours takes the whole history', () => {
    const whole = facts({ [of]: [records(24 * HOUR - 1)] });
    expect(rule.evaluate(transaction(), whole, { windowMinutes: 1440, count: 1 })).toEqual({
      observed: 2,
      limit: 1,
      windowMinutes: 1440,
    });
  });
});
