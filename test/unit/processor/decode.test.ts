import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type Accepted, decode, MAX_AHEAD_MS, MAX_RECORD_BYTES, type Rejection } from '../../../processor/decode';
import type { Transaction } from '../../../processor/types';
import { asRecord, bytes, FULL, T0, transaction } from '../../helpers/transactions';

const valid = asRecord(transaction());

function accept(record: unknown): Transaction {
  return (decode(bytes(record), T0) as Accepted).transaction;
}

function refuse(record: unknown): Rejection {
  const decoded = decode(bytes(record), T0);
  if (!('reason' in decoded)) throw new Error('accepted');
  return decoded;
}

test('accepts every field of the contract', () => {
  expect(accept(asRecord(FULL))).toEqual(FULL);
});

test('an absent outcome is approved and unknown fields are dropped', () => {
  const { outcome, ...rest } = valid;
  expect(accept({ ...rest, note: 'x', location: { latitude: 1, longitude: 2, altitude: 3 } })).toEqual(
    transaction({ location: { latitude: 1, longitude: 2 } }),
  );
});

test.each([
  ['ipAddress', '2001:0DB8:0:0::0001', '2001:db8::1'],
  ['ipAddress', '::ffff:192.0.2.1', '192.0.2.1'],
  ['emailHash', 'AB'.repeat(32), 'ab'.repeat(32)],
] as const)('%s %s becomes %s', (field, written, canonical) => {
  expect(accept({ ...valid, [field]: written })[field]).toBe(canonical);
});

test('the content hash tells content from writing', () => {
  const hash = (record: unknown) => (decode(bytes(record), T0) as Accepted).contentHash;
  const reference = hash(valid);
  expect(reference).toBe(
    createHash('sha256')
      .update(JSON.stringify(accept(valid)))
      .digest('hex'),
  );
  expect(hash(Object.fromEntries(Object.entries(valid).reverse()))).toBe(reference);
  expect(hash({ ...valid, occurredAt: '2026-04-01T09:00:00+09:00', outcome: 'approved', extra: 1 })).toBe(reference);
  expect(hash({ ...valid, amount: 4981 })).not.toBe(reference);
});

test.each(['transactionId', 'occurredAt', 'amount', 'currency', 'customerId', 'merchantId', 'paymentToken'])(
  '%s is required',
  (field) => {
    const { [field]: _, ...rest } = valid;
    expect(refuse(rest)).toMatchObject({ reason: `missing:${field}`, detail: `${field}: is required` });
  },
);

test.each([
  ['transactionId', '', 'must be 1 to 64 characters of A-Z a-z 0-9 _ . : -; found a string of 0 characters'],
  [
    'transactionId',
    'a'.repeat(65),
    'must be 1 to 64 characters of A-Z a-z 0-9 _ . : -; found a string of 65 characters',
  ],
  ['customerId', 'a b', 'must be 1 to 64 characters of A-Z a-z 0-9 _ . : -; found a string of 3 characters'],
  [
    'amount',
    49.8,
    "must be an integer from 0 to 10^12 in the currency's minor unit (yen has none); found a number with decimals",
  ],
  [
    'amount',
    -1,
    "must be an integer from 0 to 10^12 in the currency's minor unit (yen has none); found an integer of 1 digits",
  ],
  [
    'amount',
    1e12 + 1,
    "must be an integer from 0 to 10^12 in the currency's minor unit (yen has none); found an integer of 13 digits",
  ],
  [
    'amount',
    '4980',
    "must be an integer from 0 to 10^12 in the currency's minor unit (yen has none); found a string of 4 characters",
  ],
  ['currency', 'jpy', 'must be an ISO 4217 alphabetic code in upper case; found a string of 3 characters'],
  ['currency', 'ZZZ', 'must be an ISO 4217 alphabetic code in upper case; found a string of 3 characters'],
  ['outcome', 'refunded', 'must be approved or declined; found a string of 8 characters'],
  ['channel', null, 'must be web, app, phone or store; found null'],
  ['deviceId', true, 'Invalid input: expected string, received boolean; found a boolean'],
  ['orderId', ['a'], 'Invalid input: expected string, received array; found an array of 1'],
  ['ipAddress', '192.0.2.256', 'must be an IPv4 or IPv6 address without a zone; found a string of 11 characters'],
  ['ipAddress', 'fe80::1%eth0', 'must be an IPv4 or IPv6 address without a zone; found a string of 12 characters'],
  ['emailHash', 'ab', 'must be a keyed hash of 64 hexadecimal digits; found a string of 2 characters'],
  ['billingCountry', 'UK', 'must be an ISO 3166-1 alpha-2 code in upper case; found a string of 2 characters'],
  [
    'merchantCategory',
    'a\u0000b',
    'must be 1 to 64 characters, none of them a control character; found a string of 3 characters',
  ],
  [
    'merchantCategory',
    '\ud800',
    'must be 1 to 64 characters, none of them a control character; found a string of 1 characters',
  ],
  ['location.latitude', 90.1, 'must be a number of degrees from -90 to 90; found a number with decimals'],
  ['location.longitude', '1', 'must be a number of degrees from -180 to 180; found a string of 1 characters'],
  ['threeDSecure.status', 'X', 'must be one of Y A N U R C I; found a string of 1 characters'],
  [
    'accountCreatedAt',
    '1969-12-31T23:59:59Z',
    'must be an RFC 3339 time with an offset and at most milliseconds, from 1970 on, as 2026-04-01T09:30:00.000+09:00; found a string of 20 characters',
  ],
  [
    'accountCreatedAt',
    '9999-12-31T23:59:59-01:00',
    'must be an RFC 3339 time with an offset and at most milliseconds, from 1970 on, as 2026-04-01T09:30:00.000+09:00; found a string of 25 characters',
  ],
])('a malformed %s is named with its limit and shape, never its value', (path, value, message) => {
  const [field, part] = path.split('.') as [string, string?];
  const whole = part === undefined ? value : { latitude: 1, longitude: 1, [part]: value };
  const { reason, detail } = refuse({ ...valid, [field]: whole });
  expect(reason).toBe(`malformed:${path}`);
  expect(detail).toBe(`${path}: ${message}`);
});

test('64 characters are counted as people count them', () => {
  expect(accept({ ...valid, merchantCategory: '🛒'.repeat(64) }).merchantCategory).toBe('🛒'.repeat(64));
  expect(refuse({ ...valid, merchantCategory: '🛒'.repeat(65) }).reason).toBe('malformed:merchantCategory');
});

test('a decline reason is for declined transactions', () => {
  expect(refuse({ ...valid, declineReason: 'x' }).reason).toBe('malformed:declineReason');
});

test('all problems are named, the first gives the reason', () => {
  const { reason, detail } = refuse({ ...valid, amount: 'x', currency: undefined });
  expect(reason).toBe('malformed:amount');
  expect(detail).toMatch(/^amount: .*; found a string of 1 characters; currency: is required$/);
});

test('an event time is at most five minutes ahead of the clock', () => {
  const at = (ms: number) => ({ ...valid, occurredAt: new Date(T0 + ms).toISOString() });
  expect(accept(at(MAX_AHEAD_MS)).occurredAt).toBe(T0 + 300_000);
  expect(refuse(at(MAX_AHEAD_MS + 1)).reason).toBe('future:occurredAt');
  expect(accept({ ...valid, occurredAt: '1970-01-01T00:00:00Z' }).occurredAt).toBe(0);
});

test.each([
  ['{"a":', 'not-json', 'a record is one JSON object; these 5 bytes are not JSON'],
  ['', 'not-json', 'a record is one JSON object; these 0 bytes are not JSON'],
  ['[1,2]', 'not-an-object', 'a record is one JSON object; this one is an array of 2'],
  ['null', 'not-an-object', 'a record is one JSON object; this one is null'],
  ['12', 'not-an-object', 'a record is one JSON object; this one is an integer of 2 digits'],
])('%j goes to quarantine as %s', (text, reason, detail) => {
  expect(refuse(text)).toEqual({ reason, detail, record: text });
});

test('bytes that are not UTF-8 go to quarantine', () => {
  const decoded = decode(Buffer.from([0x7b, 0xff, 0x00, 0x7d]), T0) as Rejection;
  expect(decoded).toMatchObject({ reason: 'not-utf8', record: '{\ufffd\ufffd}' });
});

test('a record has at most 16 KiB and 4 levels', () => {
  const padded = (size: number) => {
    const record = { ...valid, padding: '' };
    return { ...record, padding: 'x'.repeat(size - JSON.stringify(record).length) };
  };
  expect(accept(padded(MAX_RECORD_BYTES))).toEqual(transaction());
  expect(refuse(padded(MAX_RECORD_BYTES + 1))).toMatchObject({
    reason: 'too-large',
    detail: 'a record has at most 16384 bytes; this one has 16385',
  });
  expect(accept({ ...valid, a: { b: { c: { d: 1 } } } })).toEqual(transaction());
  expect(refuse({ ...valid, a: { b: { c: { d: {} } } } }).reason).toBe('too-deep');
  expect(refuse(`${'['.repeat(8000)}${']'.repeat(8000)}`).reason).toBe('not-an-object');
  expect(refuse(`{"a":${'['.repeat(8000)}${']'.repeat(8000)}}`).reason).toBe('too-deep');
});

describe('card numbers', () => {
  const CARD = '4111111111111111';

  test.each([
    ['a known field', { ...valid, customerId: CARD }, 'customerId'],
    ['an unknown field', { ...valid, note: `my card is ${CARD}` }, 'note'],
    ['a nested unknown field', { ...valid, extra: { deep: ['x', CARD] } }, 'extra.deep.1'],
    ['a number', { ...valid, pan: Number(CARD) }, 'pan'],
    ['an amount out of range', { ...valid, amount: Number(CARD) }, 'amount'],
    [
      'a coordinate out of range',
      { ...valid, location: { latitude: Number(CARD), longitude: 1 } },
      'location.latitude',
    ],
    ['an amount written as text', { ...valid, amount: CARD }, 'amount'],
    ['a field of a name that objects inherit', { ...valid, constructor: Number(CARD) }, 'constructor'],
    ['a field whose name is one too', { ...valid, [CARD]: CARD }, 'an unknown field'],
  ])('in %s: refused by name and kept nowhere', (_, record, field) => {
    const rejection = refuse(record);
    expect(rejection.reason).toBe(`card-number:${field}`);
    expect(rejection.detail).toBe(
      `${field}: holds 13 to 19 digits that pass the Luhn check; send a token or a keyed hash instead`,
    );
    expect(JSON.stringify(rejection)).not.toMatch(/4111/);
  });

  test('of 19 digits written as a JSON number, which no double holds', () => {
    const rejection = refuse(`${JSON.stringify(valid).slice(0, -1)},"customerId":6304000000000000000}`);
    expect(rejection.reason).toBe('card-number:customerId');
    expect(rejection.record).toContain('"customerId":"[removed]"');
  });

  test('hidden by escapes', () => {
    expect(refuse(`${JSON.stringify(valid).slice(0, -1)},"note":"\\u0034111111111111111"}`).reason).toBe(
      'card-number:note',
    );
  });

  test.each([
    ['broken up by line feeds', `"4111\\n1111\\n1111\\n1111"`],
    ['in Arabic digits', '"٤١١١١١١١١١١١١١١١"'],
  ])('%s', (_, value) => {
    expect(refuse(`${JSON.stringify(valid).slice(0, -1)},"note":${value}}`).reason).toBe('card-number:note');
  });

  test('with a decimal point among its digits is not kept of a field that takes no number', () => {
    const { reason, record } = refuse({ ...valid, customerId: 411111.1111111111 });
    expect(reason).toBe('malformed:customerId');
    expect(JSON.parse(record).customerId).toBe('[removed]');
  });

  test('spread over the names of nested fields: the names are not shown', () => {
    expect(refuse({ ...valid, a4111: { 1111: { 11111: CARD } } }).reason).toBe('card-number:an unknown field');
  });

  test.each(['constructor', 'toString', '__proto__'])(
    'a number in a field named %s is looked at as any other',
    (name) => {
      expect(accept(`{"${name}":1,"note":"é",${JSON.stringify(valid).slice(1)}`)).toEqual(transaction());
    },
  );

  test('in input too broken to read are masked', () => {
    expect(refuse(`{"card":"${CARD}"`).record).toBe('{"card":"[digits removed]"');
    expect(
      refuse(`${JSON.stringify({ ...valid, a: { b: { c: { d: [CARD] } } }, customerId: CARD })}`).record,
    ).not.toMatch(/4111/);
  });

  test('valid amounts and coordinates are not looked at', () => {
    const amount = 1_000_000_000_000;
    expect(accept({ ...valid, amount }).amount).toBe(amount);
    const location = { latitude: 4.111111111111111, longitude: -73.11111111111111 };
    expect(accept({ ...valid, location }).location).toEqual(location);
    expect(refuse({ ...valid, hidden: { location: { latitude: Number(`0.${CARD}`), longitude: 1 } } }).reason).toBe(
      'card-number:hidden.location.latitude',
    );
    expect(
      refuse({ ...valid, location, hidden: { location: { latitude: Number(`0.${CARD}`), longitude: 1 } } }).reason,
    ).toBe('card-number:hidden.location.latitude');
  });
});

test('quarantine keeps the known fields of a refused record and nothing else', () => {
  const { record, transactionId } = refuse({
    ...valid,
    amount: 'x',
    secret: 's',
    orderId: { a: 1 },
    location: { latitude: 1, secret: 's' },
  });
  expect(transactionId).toBe('tx-1');
  expect(JSON.parse(record)).toEqual({ ...valid, amount: 'x', orderId: '[an object]', location: { latitude: 1 } });
});

test('never throws, and what it refuses can be stored', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json().map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 200 }),
      ),
      (data) => {
        const decoded = decode(data, T0);
        expect('reason' in decoded).toBe(true);
        const { record } = decoded as Rejection;
        expect(record.isWellFormed() && !record.includes('\0') && record.length <= MAX_RECORD_BYTES).toBe(true);
      },
    ),
  );
});
