import { duration, inReadingOrder, inWords, money } from '../../../../local/console/words';
import { rules } from '../../../../processor/rules';

const SUBJECT = {
  currency: 'JPY',
  customerId: 'cus_1',
  paymentToken: 'tok_1',
  deviceId: 'dev_1',
  ipAddress: '198.18.0.1',
};

test.each([
  [4980, 'JPY', '¥4,980'],
  [1250, 'USD', '$12.50'],
  [1250, 'KWD', 'KWD\u00a01.250'],
])('%d minor units of %s are %s', (amount, currency, text) => {
  expect(money(amount, currency)).toBe(text);
});

test.each([
  [499, '0 s'],
  [45_000, '45 s'],
  [90_000, '90 s'],
  [120_000, '2 min'],
  [3_600_000, '60 min'],
  [5_400_000, '90 min'],
  [86_400_000, '24 h'],
])('%d ms are %s', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

const cases: [rule: string, evidence: Record<string, string | number>, sentence: string][] = [
  [
    'block-list',
    { observed: 2, limit: 0, token: '17: chargeback', device: '21: stolen' },
    'on the block list: token (17: chargeback), device (21: stolen)',
  ],
  [
    'watch-list',
    { observed: 1, limit: 0, country: '3: no post there' },
    'on the watch list: country (3: no post there)',
  ],
  ['allow-list', { observed: 1, limit: 0, customer: '8: our own' }, 'on the allow list: customer (8: our own)'],
  [
    'token-velocity',
    { observed: 6, limit: 5, windowMinutes: 30 },
    '6 transactions of payment token tok_1 in 30 min (limit 5)',
  ],
  [
    'customer-velocity',
    { observed: 6, limit: 5, windowMinutes: 60 },
    '6 transactions of customer cus_1 in 60 min (limit 5)',
  ],
  [
    'customer-amount',
    { observed: 362_000, limit: 300_000, currency: 'JPY', windowMinutes: 1440, payments: 4 },
    '¥362,000 in 4 payments of customer cus_1 in 24 h (limit ¥300,000)',
  ],
  [
    'amount-against-history',
    {
      observed: 88_000,
      limit: 13_500,
      currency: 'JPY',
      windowMinutes: 1440,
      multiple: 10,
      sample: 3,
      sum: 4050,
      minimumAmount: 50_000,
    },
    '¥88,000 is 65 times the mean of customer cus_1, ¥1,350 over 3 payments in 24 h (limit 10 times)',
  ],
  ['large-amount', { observed: 620_000, limit: 500_000, currency: 'JPY' }, '¥620,000 in one payment (limit ¥500,000)'],
  [
    'token-declines',
    { observed: 4, limit: 3, windowMinutes: 1440 },
    '4 declines of payment token tok_1 in 24 h (limit 3)',
  ],
  ...(['customer', 'device', 'address'] as const).map((where): (typeof cases)[number] => [
    `card-testing-${where}`,
    { observed: 22, limit: 20, windowMinutes: 60, sample: 24, failureRatio: 0.8, minimumSample: 20 },
    `22 declines of 24 attempts in 60 min ${{ customer: 'by customer cus_1', device: 'on device dev_1', address: 'from IP address 198.18.0.1' }[where]} (limit 20, from 80 % declined)`,
  ]),
  [
    'device-tokens',
    { observed: 4, limit: 3, windowMinutes: 60 },
    '4 payment tokens on device dev_1 in 60 min (limit 3)',
  ],
  ['device-customers', { observed: 5, limit: 4, windowMinutes: 1440 }, '5 customers on device dev_1 in 24 h (limit 4)'],
  [
    'address-tokens',
    { observed: 21, limit: 20, windowMinutes: 60 },
    '21 payment tokens from IP address 198.18.0.1 in 60 min (limit 20)',
  ],
  [
    'address-customers',
    { observed: 21, limit: 20, windowMinutes: 60 },
    '21 customers from IP address 198.18.0.1 in 60 min (limit 20)',
  ],
  [
    'duplicate-order',
    { observed: 2, limit: 1, windowMinutes: 1440, sameAs: 'order', duplicateOf: 'tx_0' },
    'the same order paid 2 times in 24 h, before by tx_0',
  ],
  [
    'impossible-travel',
    {
      observed: 56_800,
      limit: 1000,
      windowMinutes: 1440,
      distanceKm: 1419.6,
      distanceLimitKm: 500,
      elapsedMs: 90_000,
      from: 'tx_0',
    },
    '1,420 km from tx_0 in 90 s: 56,800 km/h (limit 1,000)',
  ],
  [
    'country-mismatch',
    { observed: 2, limit: 1, cardIssuerCountry: 'BR', shippingCountry: 'SG' },
    '2 different countries: issuer BR, shipping SG',
  ],
  [
    'new-account-amount',
    { observed: 150_000, limit: 100_000, currency: 'JPY', ageMs: 1_200_000, accountAgeMinutes: 1440 },
    '¥150,000 on an account 20 min old (limit ¥100,000 before 24 h)',
  ],
];

test.each(cases)('%s in words', (rule, evidence, sentence) => {
  expect(inWords({ rule, weight: 40, ...evidence }, SUBJECT)).toBe(sentence);
});

test('every rule has its words', () => {
  expect(cases.map(([rule]) => rule)).toEqual(rules.map(({ name }) => name));
});

test('a duplicate without an order is told by its amount', () => {
  const reason = {
    rule: 'duplicate-order',
    weight: 40,
    observed: 2,
    limit: 1,
    windowMinutes: 1,
    sameAs: 'amount',
    duplicateOf: 'tx_0',
  };
  expect(inWords(reason, SUBJECT)).toBe('the same amount paid to the same merchant 2 times in 60 s, before by tx_0');
});

test('a rule without words of its own is told by its figures', () => {
  expect(inWords({ rule: 'newer-rule', weight: 10, observed: 3, place: 'here' }, SUBJECT)).toBe(
    'newer-rule: observed 3, place here',
  );
});

test('what matters is read first', () => {
  expect(Object.keys(inReadingOrder({ from: 'a', limit: 1, rule: 'r', observed: 2, weight: 40 }))).toEqual([
    'rule',
    'weight',
    'observed',
    'limit',
    'from',
  ]);
});
