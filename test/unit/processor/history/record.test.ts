import fc from 'fast-check';
import { fingerprint } from '../../../../processor/fingerprint';
import { ENTITY_KINDS, layouts, packRecord, unpackRecord } from '../../../../processor/history/record';
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
const COMMON = { transactionId: 'tx-1', occurredAt: T0, amount: 1e12, currency: 'ZWG', declined: true };

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
  expect(layouts.token.record(FULL)).toEqual({ ...COMMON, latitude: -35.123456789, longitude: 179.999999999 });
  expect(layouts.token.record(transaction())).toMatchObject({ latitude: Number.NaN, longitude: Number.NaN });
  const shared = { ...COMMON, customer: fingerprint('customer-1'), token: fingerprint('token-1') };
  expect(layouts.device.record(FULL)).toEqual(shared);
  expect(layouts.address.record(FULL)).toEqual(shared);
});

test('sizes are those the cache is sized for', () => {
  const id = 'x'.repeat(20);
  const sizes = ENTITY_KINDS.map(
    (kind) => packRecord(kind, layouts[kind].record({ ...FULL, transactionId: id }) as never).length,
  );
  expect(sizes).toEqual([46, 50, 46, 46]);
});

test('every record comes back as it was packed', () => {
  const transactions = fc.record({
    transactionId: fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/),
    occurredAt: fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }),
    amount: fc.integer({ min: 0, max: 1e12 }),
    currency: fc.stringMatching(/^[A-Z]{3}$/),
    outcome: fc.constantFrom('approved' as const, 'declined' as const),
    location: fc.option(
      fc.record({
        latitude: fc.double({ min: -90, max: 90, noNaN: true }),
        longitude: fc.double({ min: -180, max: 180, noNaN: true }),
      }),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(transactions, fc.constantFrom(...ENTITY_KINDS), fc.nat(20), (changes, kind, offset) => {
      const record = layouts[kind].record({ ...FULL, ...changes });
      const packed = Buffer.concat([Buffer.alloc(offset), packRecord(kind, record as never), Buffer.from('rest')]);
      expect(unpackRecord(kind, packed, offset)).toEqual(record);
      expect(packed[offset]).toBe(packed.length - offset - 4);
    }),
  );
});

test('fingerprints are 48 bits of SHA-256 and never 0', () => {
  expect(fingerprint('merchant-1')).toBe(53682467792156);
});
