import type { Transaction } from '../../../processor/types';
import { CATEGORIES, type Category, dayPart, inJst, MAX_ORDINARY_YEN } from './catalogue';
import type { Customer } from './customers';
import { near } from './places';
import type { Random } from './random';

/** A transaction as a producer writes it: times are texts. */
export type WrittenTransaction = Omit<Transaction, 'occurredAt' | 'accountCreatedAt'> & {
  occurredAt: string;
  accountCreatedAt: string;
};

/** What a pattern fixes of a purchase; the rest follows the customer's habits. */
export type PurchaseOverrides = Partial<Omit<WrittenTransaction, 'occurredAt' | 'transactionId'>> & {
  online?: boolean;
};

const DECLINE_REASONS = [
  'insufficient_funds',
  'insufficient_funds',
  'expired_card',
  'issuer_unavailable',
  'do_not_honor',
];
const ORDINARY_DECLINES = 0.03;

/** Makes purchases, numbering them: ids follow from how many were made before. */
export class PurchaseMaker {
  #made = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A purchase of the customer at a time, milliseconds since 1970-01-01T00:00:00Z. */
  make(customer: Customer, time: number, overrides: PurchaseOverrides = {}): WrittenTransaction {
    const random = this.#random;
    const number = (this.#made++).toString(36).padStart(7, '0');
    const part = dayPart(time);
    const category = random.weighted(CATEGORIES, ({ shares }) => shares[part] as number);
    const { online = random.chance(category.online), ...fixed } = overrides;
    return {
      transactionId: `jc_${number}`,
      occurredAt: inJst(time),
      amount: amountOf(category, customer, random),
      currency: 'JPY',
      customerId: customer.id,
      merchantId: `mer_${category.name}_${random.integer(1, category.merchants)}`,
      merchantCategory: category.name,
      paymentToken: customer.tokens[random.chance(0.85) ? 0 : customer.tokens.length - 1] as string,
      orderId: `ord_${number}`,
      cardIssuerCountry: customer.country,
      billingCountry: customer.country,
      accountCreatedAt: inJst(customer.accountCreatedAt),
      ...(online
        ? onlineFields(customer, random)
        : { channel: 'store' as const, location: near(customer.home, random) }),
      ...outcomeOf(random, fixed.outcome),
      ...fixed,
    };
  }
}

function amountOf(category: Category, customer: Customer, random: Random): number {
  const yen = random.logNormal(category.medianYen, category.sigma) * customer.budget;
  const rounded = Math.max(110, Math.round(yen / 10) * 10);
  return Math.min(
    rounded > 1000 && random.chance(0.3) ? Math.floor(rounded / 100) * 100 + 80 : rounded,
    MAX_ORDINARY_YEN,
  );
}

function onlineFields(customer: Customer, random: Random) {
  const channel = random.chance(0.55) ? ('app' as const) : ('web' as const);
  return {
    channel,
    ipAddress: customer.address,
    deviceId: random.pick(customer.devices),
    emailHash: customer.emailHash,
    shippingAddressHash: customer.shippingAddressHash,
    shippingCountry: customer.country,
    ...(channel === 'app' && { location: near(customer.home, random) }),
    threeDSecure: random.weighted(THREE_D_SECURE, ({ share }) => share).result,
  };
}

function outcomeOf(random: Random, fixed?: 'approved' | 'declined') {
  const outcome = fixed ?? (random.chance(ORDINARY_DECLINES) ? 'declined' : 'approved');
  return outcome === 'declined' ? { outcome, declineReason: random.pick(DECLINE_REASONS) } : { outcome };
}

/** EMV 3-D Secure results with their shares: authenticated, attempted, not available. ECI as Visa and JCB count it. */
const THREE_D_SECURE = [
  { share: 0.9, result: { version: '2.2.0', status: 'Y' as const, eci: '05', liabilityShift: true } },
  { share: 0.07, result: { version: '2.2.0', status: 'A' as const, eci: '06', liabilityShift: true } },
  { share: 0.03, result: { version: '2.2.0', status: 'U' as const, eci: '07', liabilityShift: false } },
];
