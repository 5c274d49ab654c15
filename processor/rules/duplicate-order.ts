import { fingerprint } from '../fingerprint';
import type { CustomerRecord, Transaction } from '../types';
import { windowMinutes } from './parameters';
import { defineRule, inWindow } from './rule';

/** Whether two approved payments of a customer to one merchant look like the same purchase paid twice. */
function samePurchase({ orderId, amount, currency }: Transaction): (record: CustomerRecord) => boolean {
  if (orderId === undefined) return (record) => record.amount === amount && record.currency === currency;
  const order = fingerprint(orderId);
  return (record) => record.order === order;
}

export const duplicateOrder = defineRule({
  name: 'duplicate-order',
  description:
    'Approved payments of the customer to the merchant for the same orderId in orderWindowMinutes or, where this ' +
    'transaction has no orderId, of the same amount and currency in windowMinutes, this one included; a declined one is not judged',
  source:
    'ours for the same order: an order is paid once; without an orderId georgesrayess: the same card again within 60 seconds',
  unit: 'payments',
  parameters: { orderWindowMinutes: windowMinutes, windowMinutes },
  evaluate(transaction, facts, parameters) {
    if (transaction.outcome === 'declined') return undefined;
    const byOrder = transaction.orderId !== undefined;
    const windowMinutes = byOrder ? parameters.orderWindowMinutes : parameters.windowMinutes;
    const earlier = inWindow(facts.customer, transaction.occurredAt, windowMinutes);
    if (earlier.length === 0) return undefined;
    const merchant = fingerprint(transaction.merchantId);
    const matches = samePurchase(transaction);
    const paid = earlier.filter((record) => !record.declined && record.merchant === merchant && matches(record));
    const latest = paid.at(-1);
    return (
      latest && {
        observed: paid.length + 1,
        limit: 1,
        windowMinutes,
        sameAs: byOrder ? 'order' : 'amount',
        duplicateOf: facts.idOf(latest),
      }
    );
  },
});
