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
  evaluate(transaction, histories, parameters) {
    if (transaction.outcome === 'declined' || histories.customer.length === 0) return undefined;
    const windowMinutes = transaction.orderId === undefined ? parameters.windowMinutes : parameters.orderWindowMinutes;
    const matches = samePurchase(transaction);
    const merchant = fingerprint(transaction.merchantId);
    let observed = 1;
    let latest = '';
    for (const record of inWindow(histories.customer, transaction.occurredAt, windowMinutes)) {
      if (record.declined || record.merchant !== merchant || !matches(record)) continue;
      observed += 1;
      latest = record.transactionId;
    }
    if (observed === 1) return undefined;
    const sameAs = transaction.orderId === undefined ? 'amount' : 'order';
    return { observed, limit: 1, windowMinutes, sameAs, duplicateOf: latest };
  },
});
