import { fingerprint } from '../../../../processor/fingerprint';
import { duplicateOrder } from '../../../../processor/rules/duplicate-order';
import { facts, HOUR, MINUTE, ofCustomer, transaction } from './given';

const parameters = { orderWindowMinutes: 1440, windowMinutes: 1 };
const evaluate = (fields: Parameters<typeof transaction>[0], ...customer: ReturnType<typeof ofCustomer>[]) =>
  duplicateOrder.evaluate(transaction(fields), facts({ customer }), parameters);

describe('duplicate-order with an orderId', () => {
  const orderId = 'order-7';
  const order = fingerprint(orderId);
  const fired = (ago: number) => ({
    observed: 2,
    limit: 1,
    windowMinutes: 1440,
    sameAs: 'order',
    duplicateOf: `tx-${ago}`,
  });

  test.each([
    ['the same order, whatever the amount', { order, amount: 1 }, true],
    ['a declined attempt at the order', { order, declined: true }, false],
    ['another order of the same amount', { order: fingerprint('order-8') }, false],
    ['a payment without an order', {}, false],
    ['the same order number at another merchant', { order, merchant: fingerprint('mer-2') }, false],
  ])('after %s', (_, fields, fires) => {
    expect(evaluate({ orderId }, ofCustomer(HOUR, fields))).toEqual(fires ? fired(HOUR) : undefined);
  });

  test('names the latest of several', () => {
    const customer = [ofCustomer(9, { order }), ofCustomer(6, { order }), ofCustomer(3)];
    expect(evaluate({ orderId }, ...customer)).toEqual({ ...fired(6), observed: 3 });
  });

  test('a declined payment is no duplicate', () => {
    expect(evaluate({ orderId, outcome: 'declined' }, ofCustomer(HOUR, { order }))).toBeUndefined();
  });

  test('keeps to its own window', () => {
    const judged = transaction({ orderId });
    const hour = { orderWindowMinutes: 60, windowMinutes: 1440 };
    const inside = facts({ customer: [ofCustomer(HOUR - 1, { order })] });
    const outside = facts({ customer: [ofCustomer(HOUR, { order })] });
    expect(duplicateOrder.evaluate(judged, inside, hour)).toEqual({ ...fired(HOUR - 1), windowMinutes: 60 });
    expect(duplicateOrder.evaluate(judged, outside, hour)).toBeUndefined();
  });
});

describe('duplicate-order without an orderId', () => {
  const fired = (ago: number) => ({
    observed: 2,
    limit: 1,
    windowMinutes: 1,
    sameAs: 'amount',
    duplicateOf: `tx-${ago}`,
  });

  test.each([
    ['a millisecond inside the window', MINUTE - 1, {}, true],
    ['at the edge of the window', MINUTE, {}, false],
    ['at the same instant', 0, {}, true],
    ['of another amount', 1000, { amount: 4981 }, false],
    ['in another currency', 1000, { currency: 'USD' }, false],
    ['at another merchant', 1000, { merchant: fingerprint('mer-2') }, false],
    ['that was declined', 1000, { declined: true }, false],
    ['that has an orderId', 1000, { order: 5 }, true],
  ])('after a payment %s', (_, ago, fields, fires) => {
    expect(evaluate({}, ofCustomer(ago, fields))).toEqual(fires ? fired(ago) : undefined);
  });

  test('a declined payment is no duplicate', () => {
    expect(evaluate({ outcome: 'declined' }, ofCustomer(1000))).toBeUndefined();
  });
});
