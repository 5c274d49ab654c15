import type { Reason } from '../../processor/types';

/** What a sentence about a reason may name of its transaction. */
export interface Subject {
  currency: string;
  customerId: string;
  paymentToken: string;
  deviceId: string | null;
  ipAddress: string | null;
}

type Evidence = Record<string, string | number>;

/** An amount in minor units as people write it: `¥4,980`, `$12.50`. */
export function money(minorUnits: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.format(minorUnits / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 0));
}

/** A length of time in its largest whole unit: `45 s`, `30 min`, `24 h`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds >= 7200 && seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds >= 120 ? `${Math.round(seconds / 60)} min` : `${seconds} s`;
}

/** The reason with what matters first: PostgreSQL keeps the fields of JSON in an order of its own. */
export function inReadingOrder({ rule, weight, observed, limit, ...rest }: Reason): Reason {
  return { rule, weight, ...(observed !== undefined && { observed }), ...(limit !== undefined && { limit }), ...rest };
}

/** A reason as a sentence an analyst can check: what was observed, of what, in which time, against which limit. */
export function inWords(reason: Reason, subject: Subject): string {
  const sentence = SENTENCES[reason.rule];
  if (sentence !== undefined) return sentence(reason, subject);
  const { rule, weight: _, ...evidence } = reason;
  return `${rule}: ${Object.entries(evidence)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}`;
}

const within = (e: Evidence) => duration(Number(e.windowMinutes) * 60_000);
const percent = (ratio: unknown) => `${Math.round(Number(ratio) * 100)} %`;

const device = (s: Subject) => `device ${s.deviceId}`;
const address = (s: Subject) => `IP address ${s.ipAddress}`;
const customer = (s: Subject) => `customer ${s.customerId}`;
const token = (s: Subject) => `payment token ${s.paymentToken}`;

const counted = (what: string, where: (s: Subject) => string) => (e: Evidence, s: Subject) =>
  `${e.observed} ${what} ${where(s)} in ${within(e)} (limit ${e.limit})`;

const cardTesting = (where: (s: Subject) => string) => (e: Evidence, s: Subject) =>
  `${e.observed} declines of ${e.sample} attempts in ${within(e)} ${where(s)} (limit ${e.limit}, from ${percent(e.failureRatio)} declined)`;

const listed = (list: string) => (e: Evidence) => {
  const { rule: _rule, weight: _weight, observed: _observed, limit: _limit, ...entries } = e;
  return `on the ${list} list: ${Object.entries(entries)
    .map(([of, entry]) => `${of} (${entry})`)
    .join(', ')}`;
};

const SENTENCES: Record<string, (evidence: Evidence, subject: Subject) => string> = {
  'block-list': listed('block'),
  'watch-list': listed('watch'),
  'allow-list': listed('allow'),
  'token-velocity': counted('transactions of', token),
  'customer-velocity': counted('transactions of', customer),
  'customer-amount': (e, s) =>
    `${money(Number(e.observed), s.currency)} in ${e.payments} payments of ${customer(s)} in ${within(e)} (limit ${money(Number(e.limit), s.currency)})`,
  'amount-against-history': (e, s) => {
    const mean = Number(e.sum) / Number(e.sample);
    return (
      `${money(Number(e.observed), s.currency)} is ${Math.floor(Number(e.observed) / mean)} times the mean of ${customer(s)}, ` +
      `${money(Math.round(mean), s.currency)} over ${e.sample} payments in ${within(e)} (limit ${e.multiple} times)`
    );
  },
  'large-amount': (e, s) =>
    `${money(Number(e.observed), s.currency)} in one payment (limit ${money(Number(e.limit), s.currency)})`,
  'token-declines': counted('declines of', token),
  'card-testing-customer': cardTesting((s) => `by ${customer(s)}`),
  'card-testing-device': cardTesting((s) => `on ${device(s)}`),
  'card-testing-address': cardTesting((s) => `from ${address(s)}`),
  'device-tokens': counted('payment tokens on', device),
  'device-customers': counted('customers on', device),
  'address-tokens': counted('payment tokens from', address),
  'address-customers': counted('customers from', address),
  'duplicate-order': (e) =>
    e.sameAs === 'order'
      ? `the same order paid ${e.observed} times in ${within(e)}, before by ${e.duplicateOf}`
      : `the same amount paid to the same merchant ${e.observed} times in ${within(e)}, before by ${e.duplicateOf}`,
  'impossible-travel': (e) =>
    `${Math.round(Number(e.distanceKm)).toLocaleString('en')} km from ${e.from} in ${duration(Number(e.elapsedMs))}: ` +
    `${Number(e.observed).toLocaleString('en')} km/h (limit ${Number(e.limit).toLocaleString('en')})`,
  'country-mismatch': (e) =>
    `${e.observed} different countries: ${[
      ['issuer', e.cardIssuerCountry],
      ['billing', e.billingCountry],
      ['shipping', e.shippingCountry],
    ]
      .filter(([, country]) => country !== undefined)
      .map((part) => part.join(' '))
      .join(', ')}`,
  'new-account-amount': (e, s) =>
    `${money(Number(e.observed), s.currency)} on an account ${duration(Number(e.ageMs))} old ` +
    `(limit ${money(Number(e.limit), s.currency)} before ${duration(Number(e.accountAgeMinutes) * 60_000)})`,
};
