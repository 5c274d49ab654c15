import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fingerprint } from '../../../../processor/fingerprint';
import { parseRuleSet } from '../../../../processor/rules/rule-set';
import type { CustomerRecord, Facts, SharedRecord, TokenRecord, Transaction } from '../../../../processor/types';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const NOW = Date.UTC(2026, 10, 21, 3);

const directory = path.resolve(__dirname, '../../../../processor/rules');

/** Text of a rule-set file under `processor/rules`. */
export const ruleSetText = (file: string) => readFileSync(path.join(directory, file), 'utf8');

export const defaultRuleSet = parseRuleSet(ruleSetText('rule-set.json'));

/** An approved payment of 4,980 yen at `NOW`. */
export const transaction = (fields: Partial<Transaction> = {}): Transaction => ({
  transactionId: 'tx-now',
  occurredAt: NOW,
  amount: 4980,
  currency: 'JPY',
  customerId: 'cus-1',
  merchantId: 'mer-1',
  paymentToken: 'tok-1',
  outcome: 'approved',
  ...fields,
});

/** Nothing known but `fields`; a record `agoMs` before `transaction()` is of the transaction `tx-<agoMs>`. */
export const facts = (fields: Partial<Facts> = {}): Facts => ({
  customer: [],
  token: [],
  device: [],
  address: [],
  listHits: [],
  idOf: ({ occurredAt }) => `tx-${NOW - occurredAt}`,
  ...fields,
});

const record = (agoMs: number) => ({
  print: fingerprint(`tx-${agoMs}`),
  occurredAt: NOW - agoMs,
  amount: 4980,
  currency: 'JPY',
  declined: false,
});

/** Record of an approved payment at the merchant of `transaction()`, `agoMs` before it. */
export const ofCustomer = (agoMs: number, fields: Partial<CustomerRecord> = {}): CustomerRecord => ({
  ...record(agoMs),
  merchant: fingerprint('mer-1'),
  order: 0,
  ...fields,
});

/** Record of an approved payment without a location, `agoMs` before `transaction()`. */
export const ofToken = (agoMs: number, fields: Partial<TokenRecord> = {}): TokenRecord => ({
  ...record(agoMs),
  latitude: Number.NaN,
  longitude: Number.NaN,
  ...fields,
});

/** Record of an approved payment of the customer and token of `transaction()`, `agoMs` before it. */
export const ofShared = (agoMs: number, fields: Partial<SharedRecord> = {}): SharedRecord => ({
  ...record(agoMs),
  customer: fingerprint('cus-1'),
  token: fingerprint('tok-1'),
  ...fields,
});

/** `length` records made by `make`, a second apart and the last one a second ago. */
export const series = <R>(length: number, make: (agoMs: number, index: number) => R): R[] =>
  Array.from({ length }, (_, index) => make((length - index) * SECOND, index));
