import { fingerprint } from '../../../../processor/fingerprint';
import type { rules } from '../../../../processor/rules';
import type { Evidence } from '../../../../processor/rules/rule';
import type { Facts, Transaction } from '../../../../processor/types';
import { HOUR, NOW, ofCustomer, ofShared, ofToken, series } from './given';

type RuleName = (typeof rules)[number]['name'];

/** What makes a rule fire under the default rule set, and the evidence it then gives. */
interface Fired {
  transaction?: Partial<Transaction>;
  facts?: Partial<Facts>;
  evidence: Evidence;
}

const testing = { observed: 21, limit: 20, windowMinutes: 60, sample: 21, failureRatio: 0.8, minimumSample: 20 };
const sharedOf = (length: number, counted: 'token' | 'customer') =>
  series(length, (ago, index) => ofShared(ago, { [counted]: index + 1 }));

/** For every rule the least that fires it at its default figures. */
export const fired: Record<RuleName, Fired> = {
  'block-list': {
    facts: {
      listHits: [
        { list: 'block', of: 'token', entry: 17, reason: 'chargeback' },
        { list: 'block', of: 'device', entry: 21, reason: 'stolen' },
      ],
    },
    evidence: { observed: 2, limit: 0, token: '17: chargeback', device: '21: stolen' },
  },
  'watch-list': {
    facts: {
      listHits: [
        { list: 'watch', of: 'address', entry: 5, reason: 'open proxy' },
        { list: 'watch', of: 'country', entry: 3, reason: 'no shop there' },
        { list: 'watch', of: 'country', entry: 4, reason: 'no post there' },
        { list: 'watch', of: 'merchant', entry: 6, reason: 'confirmed fraud: tx-1, tx-2, tx-3' },
      ],
    },
    evidence: {
      observed: 4,
      limit: 0,
      address: '5: open proxy',
      country: '3: no shop there; 4: no post there',
      merchant: '6: confirmed fraud: tx-1, tx-2, tx-3',
    },
  },
  'allow-list': {
    facts: {
      listHits: [
        { list: 'allow', of: 'customer', entry: 8, reason: 'our own buyer' },
        { list: 'allow', of: 'email', entry: 9, reason: 'our own buyer' },
      ],
    },
    evidence: { observed: 2, limit: 0, customer: '8: our own buyer', email: '9: our own buyer' },
  },
  'token-velocity': {
    facts: { token: series(5, (ago) => ofToken(ago)) },
    evidence: { observed: 6, limit: 5, windowMinutes: 30 },
  },
  'customer-velocity': {
    facts: { customer: series(5, (ago, index) => ofCustomer(ago, { amount: 4000 + index })) },
    evidence: { observed: 6, limit: 5, windowMinutes: 60 },
  },
  'customer-amount': {
    transaction: { amount: 150_001 },
    facts: { customer: [ofCustomer(HOUR, { amount: 150_000 })] },
    evidence: { observed: 300_001, limit: 300_000, currency: 'JPY', windowMinutes: 1440, payments: 2 },
  },
  'amount-against-history': {
    transaction: { amount: 60_001 },
    facts: { customer: series(3, (ago) => ofCustomer(ago, { amount: 6000 })) },
    evidence: {
      observed: 60_001,
      limit: 60_000,
      currency: 'JPY',
      windowMinutes: 1440,
      multiple: 10,
      sample: 3,
      sum: 18_000,
      minimumAmount: 50_000,
    },
  },
  'large-amount': {
    transaction: { amount: 500_001, outcome: 'declined' },
    evidence: { observed: 500_001, limit: 500_000, currency: 'JPY' },
  },
  'token-declines': {
    transaction: { outcome: 'declined' },
    facts: { token: series(3, (ago) => ofToken(ago, { declined: true })) },
    evidence: { observed: 4, limit: 3, windowMinutes: 1440 },
  },
  'card-testing-customer': {
    transaction: { outcome: 'declined' },
    facts: { customer: series(20, (ago) => ofCustomer(ago, { declined: true })) },
    evidence: testing,
  },
  'card-testing-device': {
    transaction: { outcome: 'declined' },
    facts: { device: series(20, (ago) => ofShared(ago, { declined: true })) },
    evidence: testing,
  },
  'card-testing-address': {
    transaction: { outcome: 'declined' },
    facts: { address: series(20, (ago) => ofShared(ago, { declined: true })) },
    evidence: testing,
  },
  'device-tokens': {
    facts: { device: sharedOf(3, 'token') },
    evidence: { observed: 4, limit: 3, windowMinutes: 60 },
  },
  'device-customers': {
    facts: { device: sharedOf(4, 'customer') },
    evidence: { observed: 5, limit: 4, windowMinutes: 1440 },
  },
  'address-tokens': {
    facts: { address: sharedOf(20, 'token') },
    evidence: { observed: 21, limit: 20, windowMinutes: 60 },
  },
  'address-customers': {
    facts: { address: sharedOf(20, 'customer') },
    evidence: { observed: 21, limit: 20, windowMinutes: 60 },
  },
  'duplicate-order': {
    transaction: { orderId: 'order-7' },
    facts: { customer: [ofCustomer(HOUR, { order: fingerprint('order-7') })] },
    evidence: { observed: 2, limit: 1, windowMinutes: 1440, sameAs: 'order', duplicateOf: `tx-${HOUR}` },
  },
  'impossible-travel': {
    transaction: { location: { latitude: 51.5074, longitude: -0.1278 } },
    facts: { token: [ofToken(HOUR, { latitude: 35.681, longitude: 139.767 })] },
    evidence: {
      observed: 9562,
      limit: 1000,
      windowMinutes: 1440,
      distanceKm: 9562.3,
      distanceLimitKm: 500,
      elapsedMs: HOUR,
      from: `tx-${HOUR}`,
    },
  },
  'country-mismatch': {
    transaction: { cardIssuerCountry: 'US', billingCountry: 'JP', shippingCountry: 'BR' },
    evidence: { observed: 3, limit: 1, cardIssuerCountry: 'US', billingCountry: 'JP', shippingCountry: 'BR' },
  },
  'new-account-amount': {
    transaction: { amount: 100_001, accountCreatedAt: NOW - HOUR },
    evidence: { observed: 100_001, limit: 100_000, currency: 'JPY', ageMs: HOUR, accountAgeMinutes: 1440 },
  },
};
