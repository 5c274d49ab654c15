import fc from 'fast-check';
import { fingerprint } from '../../../../processor/fingerprint';
import { ENTITY_KINDS, layouts, MARK, packRecord, refOf, unpackRecords } from '../../../../processor/history/record';
import { T0, transaction } from '../../../helpers/transactions';

const FULL = transaction({
  amount: 1_000_000_000_000,
  currency: 'ZWG',
  outcome: 'declined',
  orderId: 'order-1',
  deviceId: 'device-1',
  ipAddress: '192.0.2.1',
  location: { latitude: -35.123456789, longitude: 179.999999999 },
});
const COMMON = { print: fingerprint('tx-1'), occurredAt: T0, amount: 1e12, currency: 'ZWG', declined: true };
const degrees = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });
const LATITUDE_STEP = 180 / (2 ** 24 - 1);
const LONGITUDE_STEP = 360 / (2 ** 24 - 1);

test('each kind keeps what its rules need', () => {
  expect(ENTITY_KINDS).toEqual(['customer', 'token', 'device', 'address']);
  expect(ENTITY_KINDS.map((kind) => layouts[kind].entity(FULL))).toEqual([
    'customer-1',
    'token-1',
    'device-1',
    '192.0.2.1',
  ]);
  expect(ENTITY_KINDS.map((kind) => layouts[kind].entity(transaction()))).toEqual([
    'customer-1',
    'token-1',
    undefined,
    undefined,
  ]);
  expect(layouts.customer.record(FULL)).toEqual({
    ...COMMON,
    merchant: fingerprint('merchant-1'),
    order: fingerprint('order-1'),
  });
  expect(layouts.customer.record(transaction()).order).toBe(0);
  expect(layouts.token.record(transaction())).toMatchObject({ latitude: Number.NaN, longitude: Number.NaN });
  const shared = { ...COMMON, customer: fingerprint('customer-1'), token: fingerprint('token-1') };
  expect(layouts.device.record(FULL)).toEqual(shared);
  expect(layouts.address.record(FULL)).toEqual(shared);
  expect(refOf(FULL)).toEqual({ occurredAt: T0, print: fingerprint('tx-1'), transactionId: 'tx-1' });
});

test('a location is kept to half a step, and the ends of the degrees exactly', () => {
  const at = (latitude: number, longitude: number) =>
    layouts.token.record(transaction({ location: { latitude, longitude } }));
  expect([at(90, 180), at(-90, -180)]).toMatchObject([
    { latitude: 90, longitude: 180 },
    { latitude: -90, longitude: -180 },
  ]);
  fc.assert(
    fc.property(degrees(90), degrees(180), (latitude, longitude) => {
      const kept = at(latitude, longitude);
      expect(Math.abs(kept.latitude - latitude)).toBeLessThanOrEqual(LATITUDE_STEP * 0.5000001);
      expect(Math.abs(kept.longitude - longitude)).toBeLessThanOrEqual(LONGITUDE_STEP * 0.5000001);
      expect(at(kept.latitude, kept.longitude)).toEqual(kept);
    }),
  );
});

describe('sizes', () => {
  const sizes = (changes: Parameters<typeof transaction>[0]) =>
    ENTITY_KINDS.map((kind) => packRecord(kind, layouts[kind].record({ ...FULL, ...changes }) as never).length);

  test('are those the cache is sized for', () => {
    expect(sizes({ amount: 30_000, currency: 'JPY' })).toEqual([17, 17, 17, 17]);
  });

  test('are less without order and location, and more with other currencies, times and large amounts', () => {
    expect(sizes({ amount: 127, currency: 'JPY', orderId: undefined, location: undefined })).toEqual([13, 10, 15, 15]);
    expect(sizes({ amount: 128, currency: 'USD' })).toEqual([19, 19, 19, 19]);
    expect(sizes({ occurredAt: 0 })).toEqual([25, 25, 25, 25]);
  });
});

test('all records come back as they were packed, one behind the other', () => {
  const NEAR = Date.UTC(2025, 0);
  const FAR = NEAR + 63 * 2 ** 32;
  const transactions = fc.record({
    transactionId: fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/),
    occurredAt: fc.oneof(
      fc.constantFrom(0, NEAR - 1, NEAR, NEAR + 2 ** 32 - 1, NEAR + 2 ** 32, FAR - 1, FAR, Date.UTC(10_000, 0) - 1),
      fc.integer({ min: 0, max: Date.UTC(10_000, 0) - 1 }),
      fc.integer({ min: NEAR, max: FAR }),
    ),
    amount: fc.oneof(
      fc.constantFrom(0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 2 ** 28, 2 ** 32, 2 ** 35, 1e12),
      fc.integer({ min: 0, max: 1e12 }),
    ),
    currency: fc.oneof(fc.constantFrom('JPY', 'AAA', 'ZZZ'), fc.stringMatching(/^[A-Z]{3}$/)),
    outcome: fc.constantFrom('approved' as const, 'declined' as const),
    orderId: fc.option(fc.constant('order-1'), { nil: undefined }),
    location: fc.option(
      fc.record({
        latitude: degrees(90),
        longitude: degrees(180),
      }),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(fc.array(transactions), fc.constantFrom(...ENTITY_KINDS), fc.nat(20), (list, kind, offset) => {
      const records = list.map((changes) => layouts[kind].record({ ...FULL, ...changes }));
      const packed = records.map((record) => packRecord(kind, record as never));
      let end = offset;
      const offsets = packed.map(({ length }) => {
        end += length;
        return end - length;
      });
      const all = Buffer.concat([Buffer.alloc(offset), ...packed]);
      expect(unpackRecords(kind, all, offset)).toEqual({ records, offsets });
      for (const [first] of packed) expect(first).not.toBe(MARK);
    }),
    { numRuns: 500 },
  );
});

test('fingerprints are 24 bits and never 0', () => {
  // python3 -c "import zlib; print(hex((zlib.crc32(b'merchant-1') * 0x9e3779b1 & 0xffffffff) >> 8))"
  expect(fingerprint('merchant-1')).toBe(0xd7b2e6);
  // The CRC-32 of nothing is 0, which stands for no order.
  expect(fingerprint('')).toBe(1);
});

test.each(['order-', 'tx-0000000', '550e8400-e29b-41d4-a716-4466554'])(
  'of ids in a row coincide as seldom as by chance: %s...',
  (prefix) => {
    const prints = new Set(Array.from({ length: 20_000 }, (_, i) => fingerprint(`${prefix}${i}`)));
    // By chance 12 of them do.
    expect(20_000 - prints.size).toBeLessThan(40);
  },
);
