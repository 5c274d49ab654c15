import { inJst } from './catalogue';
import { type Customer, documentationAddress } from './customers';
import { cityNamed, near } from './places';
import type { PurchaseOverrides } from './purchases';
import type { Random } from './random';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** A purchase that belongs to a pattern. */
export interface Step {
  /** Behind the pattern's start, milliseconds. */
  after: number;
  customer: Customer;
  overrides: PurchaseOverrides;
}

export interface PatternContext {
  random: Random;
  /** When the pattern starts, milliseconds since 1970-01-01T00:00:00Z. */
  start: number;
  /** A customer who has not bought before and does not buy again. */
  newCustomer: () => Customer;
}

/** One fraud as a list of purchases in order of time; the last one completes it. */
type Pattern = (context: PatternContext) => Step[];

const approved = { outcome: 'approved', declineReason: undefined } as const;
const declined = { outcome: 'declined', declineReason: 'incorrect_cvc' } as const;

/** Every fraud pattern by the rule that is to see it under the default rule set. */
export const PATTERNS: Readonly<Record<string, Pattern>> = {
  'token-velocity': ({ random, newCustomer }) => {
    const customer = newCustomer();
    const paymentToken = customer.tokens[0];
    return series(7, 20 * SECOND_MS, random, () => ({
      customer,
      overrides: { ...approved, paymentToken, amount: yen(random, 900, 4000) },
    }));
  },

  'customer-velocity': ({ random, newCustomer }) => {
    const customer = newCustomer();
    const tokens = [customer.tokens[0] as string, freshToken(random)];
    return series(7, 25 * SECOND_MS, random, (i) => ({
      customer,
      overrides: { ...approved, paymentToken: tokens[i % 2], amount: yen(random, 900, 4000) },
    }));
  },

  'customer-amount': ({ random, newCustomer }) => {
    const customer = newCustomer();
    return series(4, 40 * SECOND_MS, random, () => ({
      customer,
      overrides: { ...approved, amount: yen(random, 82_000, 98_000), merchantCategory: 'electronics' },
    }));
  },

  'amount-against-history': ({ random, newCustomer }) => {
    const customer = newCustomer();
    return series(4, 30 * SECOND_MS, random, (i) => ({
      customer,
      overrides: { ...approved, amount: i < 3 ? yen(random, 300, 1500) : yen(random, 60_000, 95_000) },
    }));
  },

  'large-amount': ({ random, newCustomer }) => [
    { after: 0, customer: newCustomer(), overrides: { ...approved, amount: yen(random, 520_000, 900_000) } },
  ],

  'token-declines': ({ random, newCustomer }) => {
    const customer = newCustomer();
    const overrides = {
      ...declined,
      declineReason: 'insufficient_funds',
      paymentToken: customer.tokens[0],
      online: true,
    };
    return series(4, 30 * SECOND_MS, random, () => ({ customer, overrides }));
  },

  'card-testing-customer': ({ random, newCustomer }) => {
    const customer = newCustomer();
    return series(24, 3 * SECOND_MS, random, (i) => ({
      customer,
      overrides: { ...cardTest(i, random), deviceId: freshDevice(random), ipAddress: documentationAddress(random) },
    }));
  },

  'card-testing-device': ({ random, newCustomer }) => {
    const deviceId = freshDevice(random);
    return series(24, 3 * SECOND_MS, random, (i) => ({
      customer: newCustomer(),
      overrides: { ...cardTest(i, random), deviceId, ipAddress: documentationAddress(random) },
    }));
  },

  'card-testing-address': ({ random, newCustomer }) => {
    const ipAddress = attackerAddress(random);
    return series(24, 3 * SECOND_MS, random, (i) => ({
      customer: newCustomer(),
      overrides: { ...cardTest(i, random), deviceId: freshDevice(random), ipAddress },
    }));
  },

  'device-tokens': ({ random, newCustomer }) => {
    const customer = newCustomer();
    const deviceId = freshDevice(random);
    return series(5, 30 * SECOND_MS, random, () => ({
      customer,
      overrides: { ...approved, online: true, deviceId, paymentToken: freshToken(random) },
    }));
  },

  'device-customers': ({ random, newCustomer }) => {
    const deviceId = freshDevice(random);
    return series(6, 20 * SECOND_MS, random, () => ({
      customer: newCustomer(),
      overrides: { ...approved, online: true, deviceId },
    }));
  },

  'address-tokens': ({ random, newCustomer }) => {
    const ipAddress = attackerAddress(random);
    let customer = newCustomer();
    return series(22, 4 * SECOND_MS, random, (i) => {
      if (i % 2 === 0) customer = newCustomer();
      return { customer, overrides: { ...approved, online: true, ipAddress, paymentToken: freshToken(random) } };
    });
  },

  'address-customers': ({ random, newCustomer }) => {
    const ipAddress = attackerAddress(random);
    return series(22, 4 * SECOND_MS, random, () => ({
      customer: newCustomer(),
      overrides: { ...approved, online: true, ipAddress },
    }));
  },

  'duplicate-order': ({ random, newCustomer }) => {
    const customer = newCustomer();
    const overrides: PurchaseOverrides = {
      ...approved,
      online: true,
      orderId: `ord_${random.hex(10)}`,
      merchantId: 'mer_marketplace_7',
      merchantCategory: 'marketplace',
      amount: yen(random, 2000, 9000),
    };
    return series(2, 40 * SECOND_MS, random, () => ({ customer, overrides }));
  },

  'impossible-travel': ({ random, newCustomer }) => {
    const customer = newCustomer();
    const paymentToken = customer.tokens[0];
    const cities = [random.pick(['Sapporo', 'Sendai']), random.pick(['Fukuoka', 'Naha', 'Kagoshima'])].map(cityNamed);
    return cities.map((city, i) => ({
      after: i * 90 * SECOND_MS,
      customer,
      overrides: { ...approved, online: false, paymentToken, location: near(city, random) },
    }));
  },

  'country-mismatch': ({ random, newCustomer }) => {
    const [cardIssuerCountry, shippingCountry] = [random.pick(['BR', 'RO', 'VN']), random.pick(['SG', 'NG', 'LT'])];
    return [
      {
        after: 0,
        customer: newCustomer(),
        overrides: { ...approved, online: true, cardIssuerCountry, billingCountry: 'JP', shippingCountry },
      },
    ];
  },

  'new-account-amount': ({ random, start, newCustomer }) => [
    {
      after: 0,
      customer: newCustomer(),
      overrides: {
        ...approved,
        online: true,
        amount: yen(random, 120_000, 280_000),
        merchantCategory: 'electronics',
        accountCreatedAt: inJst(start - random.integer(3, 50) * MINUTE_MS),
      },
    },
  ],
};

/** `count` steps, the gap between two of them within a half of the mean. */
function series(count: number, meanGapMs: number, random: Random, step: (i: number) => Omit<Step, 'after'>): Step[] {
  let after = 0;
  return Array.from({ length: count }, (_, i) => {
    if (i > 0) after += Math.round(meanGapMs * (0.5 + random.next()));
    return { after, ...step(i) };
  });
}

/** One attempt of a tester: a token that was never seen, a small amount, and nearly always a refusal. */
function cardTest(i: number, random: Random): PurchaseOverrides {
  return {
    ...(i === 5 || i === 14 ? approved : declined),
    online: true,
    paymentToken: freshToken(random),
    amount: yen(random, 100, 500),
    merchantId: 'mer_games_3',
    merchantCategory: 'games',
    threeDSecure: { version: '2.2.0', status: 'N', eci: '07', liabilityShift: false },
  };
}

function yen(random: Random, low: number, high: number): number {
  return random.integer(low / 10, high / 10) * 10;
}

function freshToken(random: Random): string {
  return `tok_${random.hex(12)}`;
}

function freshDevice(random: Random): string {
  return `dev_${random.hex(12)}`;
}

/** An IPv4 address of the upper half of 198.19.0.0/16, which only patterns use. */
function attackerAddress(random: Random): string {
  return `198.19.${random.integer(128, 255)}.${random.integer(1, 254)}`;
}
