import { fingerprint } from '../fingerprint';
import { count, windowMinutes } from './parameters';
import { defineRule, inWindow } from './rule';

interface SharedUse<Name extends string> {
  name: Name;
  /** What is shared. */
  of: 'device' | 'address';
  /** What is counted on it. */
  counted: 'token' | 'customer';
  description: string;
  source: string;
}

function sharedUse<Name extends string>({ name, of, counted, description, source }: SharedUse<Name>) {
  return defineRule({
    name,
    description,
    source,
    unit: counted === 'token' ? 'payment tokens' : 'customers',
    parameters: { windowMinutes, count },
    evaluate(transaction, facts, { windowMinutes, count }) {
      const earlier = inWindow(facts[of], transaction.occurredAt, windowMinutes);
      if (earlier.length < count) return undefined;
      const distinct = new Set<number>();
      for (const record of earlier) distinct.add(record[counted]);
      distinct.add(fingerprint(counted === 'token' ? transaction.paymentToken : transaction.customerId));
      return distinct.size > count ? { observed: distinct.size, limit: count, windowMinutes } : undefined;
    },
  });
}

export const deviceTokens = sharedUse({
  name: 'device-tokens',
  of: 'device',
  counted: 'token',
  description: 'Different payment tokens on the device in the window, that of this transaction included',
  source: 'ours, after Saucy: more than 3 cards of a customer in 1 hour, with the device in place of the customer',
});

export const deviceCustomers = sharedUse({
  name: 'device-customers',
  of: 'device',
  counted: 'customer',
  description: 'Different customers on the device in the window, that of this transaction included',
  source: 'ours, none published: a family may share a device in a day, five accounts are more than most families',
});

export const addressTokens = sharedUse({
  name: 'address-tokens',
  of: 'address',
  counted: 'token',
  description: 'Different payment tokens on the IP address in the window, that of this transaction included',
  source: 'ours, none published: offices and mobile carriers put many people behind one address, so high and weak',
});

export const addressCustomers = sharedUse({
  name: 'address-customers',
  of: 'address',
  counted: 'customer',
  description: 'Different customers on the IP address in the window, that of this transaction included',
  source: 'ours, none published: offices and mobile carriers put many people behind one address, so high and weak',
});
