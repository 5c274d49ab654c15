import fc from 'fast-check';
import { LISTED_KINDS, type ListChange, Lists } from '../../../../processor/policy/lists';
import { T0, transaction } from '../../../helpers/transactions';

const change = (id: number, fields: Partial<ListChange> = {}): ListChange => ({
  id,
  list: 'block',
  kind: 'token',
  value: 'token-1',
  change: 'add',
  reason: `reason ${id}`,
  expiresAt: null,
  ...fields,
});

const everything = transaction({
  deviceId: 'device-1',
  ipAddress: '192.0.2.1',
  emailHash: 'e'.repeat(64),
  cardIssuerCountry: 'JP',
  billingCountry: 'US',
  shippingCountry: 'JP',
});

test.each([
  ['customer', 'customer-1'],
  ['token', 'token-1'],
  ['device', 'device-1'],
  ['address', '192.0.2.1'],
  ['email', 'e'.repeat(64)],
  ['country', 'JP'],
  ['country', 'US'],
  ['merchant', 'merchant-1'],
] as const)('a %s is found by its value, once', (kind, value) => {
  const lists = Lists.EMPTY.after([change(7, { kind, value }), change(8, { kind, value: 'other' })]);
  expect(lists.hitsOf(everything)).toEqual([{ list: 'block', of: kind, entry: 7, reason: 'reason 7' }]);
  expect(lists.version).toBe(8);
});

test('a value counts for its own kind only, and what a transaction does not name hits nothing', () => {
  const lists = Lists.EMPTY.after(LISTED_KINDS.map((kind, i) => change(i + 1, { kind, value: 'undefined' })));
  expect(lists.hitsOf(transaction())).toEqual([]);
  expect(Lists.EMPTY.after([change(1, { kind: 'device' })]).hitsOf(everything)).toEqual([]);
});

test.each([
  ['before it expires', T0 + 1, [1]],
  ['when it expires', T0, []],
  ['after it expired', T0 - 1, []],
])('%s', (_, expiresAt, entries) => {
  const hits = Lists.EMPTY.after([change(1, { expiresAt })]).hitsOf(transaction());
  expect(hits.map(({ entry }) => entry)).toEqual(entries);
});

test('of a list, kind and value the last change counts, beside those of other lists', () => {
  const first = Lists.EMPTY.after([change(1), change(2, { list: 'watch' })]);
  const second = first.after([change(3, { reason: 'again' })]);
  const third = second.after([change(4, { change: 'remove' })]);
  const entries = (lists: Lists) => lists.hitsOf(transaction()).map(({ list, entry }) => [list, entry]);
  expect(entries(third)).toEqual([['watch', 2]]);
  expect(entries(second)).toEqual([
    ['watch', 2],
    ['block', 3],
  ]);
  expect(entries(first)).toEqual([
    ['block', 1],
    ['watch', 2],
  ]);
  expect([first.version, second.version, third.version, third.after([]).version]).toEqual([2, 3, 4, 4]);
});

test('read in parts or as a whole they are the same lists', () => {
  const changes = fc
    .array(
      fc.record({
        list: fc.constantFrom('block', 'watch', 'allow'),
        kind: fc.constantFrom('token', 'customer', 'country'),
        value: fc.constantFrom('token-1', 'customer-1', 'JP', 'US'),
        change: fc.constantFrom('add', 'add', 'remove'),
        expiresAt: fc.constantFrom(null, T0, T0 + 1),
      }),
      { maxLength: 30 },
    )
    .map((fields) => fields.map((one, i) => change(i + 1, one as Partial<ListChange>)));
  fc.assert(
    fc.property(changes, fc.nat(30), (all, cut) => {
      const whole = Lists.EMPTY.after(all);
      const parts = Lists.EMPTY.after(all.slice(0, cut)).after(all.slice(cut));
      expect(parts.hitsOf(everything)).toEqual(whole.hitsOf(everything));
      // Every last change, by a plain search.
      const last = all.filter((one, i) =>
        all
          .slice(i + 1)
          .every(({ list, kind, value }) => list !== one.list || kind !== one.kind || value !== one.value),
      );
      const names: Record<string, string[]> = { token: ['token-1'], customer: ['customer-1'], country: ['JP', 'US'] };
      const expected = last.filter(
        ({ change, kind, value, expiresAt }) =>
          change === 'add' && names[kind]?.includes(value) && (expiresAt === null || expiresAt > T0),
      );
      expect(new Set(whole.hitsOf(everything).map(({ entry }) => entry))).toEqual(
        new Set(expected.map(({ id }) => id)),
      );
    }),
  );
});
