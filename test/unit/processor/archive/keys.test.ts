import { ArchiveKeys } from '../../../../processor/archive/keys';

const MINUTE = 60_000;

let now = 0;
let version = 1;
const query = jest.fn(async ({ values: [customers] }: { values: [string[]] }) => ({
  rows: customers.map((customer_id) => ({ customer_id, key: Buffer.from(`${customer_id} ${version}`) })),
}));
const asked = () => query.mock.calls.map(([{ values }]) => values[0]);

let keys: ArchiveKeys;

beforeEach(() => {
  query.mockClear();
  [now, version] = [0, 1];
  keys = new ArchiveKeys({ query } as never, () => now);
});

const keysOf = async (...customers: string[]) =>
  Object.fromEntries([...(await keys.of(new Set(customers)))].map(([customer, key]) => [customer, String(key)]));

test('only what is not known is asked for, all at once', async () => {
  expect(await keysOf('a', 'b')).toEqual({ a: 'a 1', b: 'b 1' });
  expect(await keysOf('b', 'c', 'd')).toEqual({ b: 'b 1', c: 'c 1', d: 'd 1' });
  expect(await keysOf('a', 'd')).toEqual({ a: 'a 1', d: 'd 1' });
  expect(await keysOf()).toEqual({});
  expect(asked()).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
});

test('a key that was destroyed is used for five minutes, however often it is', async () => {
  await keysOf('a');
  version = 2;
  for (now = MINUTE; now < 5 * MINUTE; now += MINUTE) expect(await keysOf('a')).toEqual({ a: 'a 1' });
  expect(now).toBe(5 * MINUTE);
  expect(await keysOf('a')).toEqual({ a: 'a 2' });
});

test('no more than 20,000 are kept, those read last', async () => {
  const many = Array.from({ length: 20_000 }, (_, i) => `c${i}`);
  await keysOf(...many);
  await keysOf('one-more');
  query.mockClear();
  await keysOf('c0', 'c1', 'c19999', 'one-more');
  expect(asked()).toEqual([['c0']]);
});

test('an answer that fails is not kept', async () => {
  query.mockRejectedValueOnce(new Error('away'));
  await expect(keysOf('a')).rejects.toThrow('away');
  expect(await keysOf('a')).toEqual({ a: 'a 1' });
});
