import { amountAgainstHistory } from '../../../../processor/rules/amount-against-history';
import { customerAmount } from '../../../../processor/rules/customer-amount';
import { largeAmount } from '../../../../processor/rules/large-amount';
import { newAccountAmount } from '../../../../processor/rules/new-account-amount';
import { facts, HOUR, MINUTE, NOW, ofCustomer, SECOND, transaction } from './given';

describe('customer-amount', () => {
  const parameters = { windowMinutes: 1440, amounts: { JPY: 300_000, USD: 200_000 } };
  const evaluate = (fields: Parameters<typeof transaction>[0], ...records: ReturnType<typeof ofCustomer>[]) =>
    customerAmount.evaluate(transaction(fields), facts({ customer: records }), parameters);

  test.each([
    ['below', 99_999, undefined],
    ['at', 100_000, undefined],
    ['above', 100_001, { observed: 300_001, limit: 300_000, currency: 'JPY', windowMinutes: 1440, payments: 2 }],
  ])('%s the limit, this payment included', (_, amount, expected) => {
    expect(evaluate({ amount }, ofCustomer(HOUR, { amount: 200_000 }))).toEqual(expected);
  });

  test('fires on a single payment', () => {
    expect(evaluate({ amount: 300_001 })).toEqual({
      observed: 300_001,
      limit: 300_000,
      currency: 'JPY',
      windowMinutes: 1440,
      payments: 1,
    });
  });

  test('leaves out what was declined or is in another currency', () => {
    const others = [
      ofCustomer(2 * HOUR, { amount: 900_000, declined: true }),
      ofCustomer(HOUR, { amount: 199_999, currency: 'USD' }),
    ];
    expect(evaluate({ amount: 300_000 }, ...others)).toBeUndefined();
    expect(evaluate({ amount: 2, currency: 'USD' }, ...others)).toEqual({
      observed: 200_001,
      limit: 200_000,
      currency: 'USD',
      windowMinutes: 1440,
      payments: 2,
    });
  });

  test('does not judge a declined payment', () => {
    const spent = ofCustomer(HOUR, { amount: 400_000 });
    expect(evaluate({ outcome: 'declined' }, spent)).toBeUndefined();
  });

  test('does not judge a currency without an amount', () => {
    expect(evaluate({ amount: 10 ** 12, currency: 'EUR' })).toBeUndefined();
  });

  test('sums what is inside the window to the millisecond', () => {
    const inside = ofCustomer(HOUR - 1, { amount: 200_000 });
    const outside = ofCustomer(HOUR, { amount: 200_000 });
    const hour = { ...parameters, windowMinutes: 60 };
    const judged = transaction({ amount: 100_001 });
    expect(customerAmount.evaluate(judged, facts({ customer: [inside] }), hour)).toEqual({
      observed: 300_001,
      limit: 300_000,
      currency: 'JPY',
      windowMinutes: 60,
      payments: 2,
    });
    expect(customerAmount.evaluate(judged, facts({ customer: [outside] }), hour)).toBeUndefined();
  });
});

describe('amount-against-history', () => {
  const parameters = { windowMinutes: 1440, multiple: 10, minimumSample: 3, minimumAmounts: { JPY: 50_000 } };
  const evaluate = (amount: number, ...earlier: number[]) =>
    amountAgainstHistory.evaluate(
      transaction({ amount }),
      facts({ customer: earlier.map((value, index) => ofCustomer(HOUR - index, { amount: value })) }),
      parameters,
    );

  test.each([
    ['at ten times the mean', 60_000, undefined],
    [
      'above it',
      60_001,
      {
        observed: 60_001,
        limit: 60_000,
        currency: 'JPY',
        windowMinutes: 1440,
        multiple: 10,
        sample: 3,
        sum: 18_000,
        minimumAmount: 50_000,
      },
    ],
  ])('%s', (_, amount, expected) => {
    expect(evaluate(amount, 5000, 6000, 7000)).toEqual(expected);
  });

  test('keeps an amount off the mean: with itself in it, no amount could be above ten times', () => {
    expect(evaluate(50_001, 5000, 5000, 5000)).toMatchObject({ observed: 50_001, sum: 15_000, sample: 3 });
  });

  test('takes the whole part of a limit between two amounts', () => {
    // 10 x 16,000 / 3 = 53,333.33
    expect(evaluate(53_333, 5000, 5000, 6000)).toBeUndefined();
    expect(evaluate(53_334, 5000, 5000, 6000)).toMatchObject({ observed: 53_334, limit: 53_333 });
  });

  test.each([
    ['from the minimum amount on', 50_000, true],
    ['not below it', 49_999, false],
  ])('judges %s', (_, amount, fires) => {
    expect(evaluate(amount, 100, 100, 100) !== undefined).toBe(fires);
  });

  test.each([
    ['from the minimum sample on', [100, 100, 100], true],
    ['not below it', [100, 100], false],
    ['nor without a history', [], false],
  ])('judges %s', (_, earlier, fires) => {
    expect(evaluate(90_000, ...earlier) !== undefined).toBe(fires);
  });

  test('a history of nothing but zero has the limit 0, not an infinite multiple', () => {
    expect(evaluate(50_000, 0, 0, 0)).toMatchObject({ observed: 50_000, limit: 0, sum: 0 });
  });

  test.each([
    ['declined', { declined: true }],
    ['in another currency', { currency: 'USD' }],
    ['out of the window', { occurredAt: NOW - 24 * HOUR }],
  ])('leaves out of the sample what is %s', (_, fields) => {
    const customer = [
      ofCustomer(HOUR, { amount: 100, ...fields }),
      ofCustomer(3, { amount: 100 }),
      ofCustomer(2, { amount: 100 }),
    ];
    expect(amountAgainstHistory.evaluate(transaction({ amount: 90_000 }), facts({ customer }), parameters)).toBe(
      undefined,
    );
  });

  test('does not judge a currency without a minimum amount', () => {
    const customer = [3, 2, 1].map((ago) => ofCustomer(ago, { amount: 100, currency: 'USD' }));
    const judged = transaction({ amount: 90_000, currency: 'USD' });
    expect(amountAgainstHistory.evaluate(judged, facts({ customer }), parameters)).toBeUndefined();
  });
});

describe('large-amount', () => {
  const evaluate = (fields: Parameters<typeof transaction>[0]) =>
    largeAmount.evaluate(transaction(fields), facts(), { amounts: { JPY: 500_000 } });

  test.each([
    ['below', 499_999, undefined],
    ['at', 500_000, undefined],
    ['above', 500_001, { observed: 500_001, limit: 500_000, currency: 'JPY' }],
  ])('%s the limit', (_, amount, expected) => {
    expect(evaluate({ amount })).toEqual(expected);
  });

  test('judges a declined attempt too', () => {
    expect(evaluate({ amount: 600_000, outcome: 'declined' })).toMatchObject({ observed: 600_000 });
  });

  test('does not judge a currency without an amount', () => {
    expect(evaluate({ amount: 600_000, currency: 'USD' })).toBeUndefined();
  });

  test('a limit of zero allows a payment of zero only', () => {
    const zero = { amounts: { JPY: 0 } };
    expect(largeAmount.evaluate(transaction({ amount: 0 }), facts(), zero)).toBeUndefined();
    expect(largeAmount.evaluate(transaction({ amount: 1 }), facts(), zero)).toEqual({
      observed: 1,
      limit: 0,
      currency: 'JPY',
    });
  });
});

describe('new-account-amount', () => {
  const evaluate = (ageMs: number | undefined, fields: Parameters<typeof transaction>[0] = {}) =>
    newAccountAmount.evaluate(
      transaction({ amount: 100_001, accountCreatedAt: ageMs === undefined ? undefined : NOW - ageMs, ...fields }),
      facts(),
      { accountAgeMinutes: 60, amounts: { JPY: 100_000 } },
    );
  const fired = (ageMs: number) => ({
    observed: 100_001,
    limit: 100_000,
    currency: 'JPY',
    ageMs,
    accountAgeMinutes: 60,
  });

  test.each([
    ['a millisecond before it comes of age', 60 * MINUTE - 1, fired(60 * MINUTE - 1)],
    ['when it comes of age', 60 * MINUTE, undefined],
    ['when it is created', 0, fired(0)],
    ['created after the payment, as age 0', -5 * SECOND, fired(0)],
    ['of unknown age', undefined, undefined],
  ])('an account %s', (_, ageMs, expected) => {
    expect(evaluate(ageMs)).toEqual(expected);
  });

  test('allows an amount at the limit', () => {
    expect(evaluate(0, { amount: 100_000 })).toBeUndefined();
  });

  test('judges a declined attempt too', () => {
    expect(evaluate(0, { outcome: 'declined' })).toEqual(fired(0));
  });

  test('does not judge a currency without an amount', () => {
    expect(evaluate(0, { currency: 'USD' })).toBeUndefined();
  });
});
