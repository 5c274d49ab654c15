import {
  boolArray,
  byteaArray,
  dateArray,
  float8Array,
  int2Array,
  int4Array,
  int8Array,
  textArray,
  timestamptzArray,
} from '../../../../processor/store/arrays';

/** An array's header: one dimension, whether there are NULLs, the type's OID, the length, numbered from 1. */
const header = (oid: number, length: number, nulls = 0) => [1, nulls, oid, length, 1].map(int).join('');
const int = (n: number) => (n >>> 0).toString(16).padStart(8, '0');

test.each([
  ['text in UTF-8', textArray(['a', '本', '']), `${header(25, 3)}0000000161${'00000003e69cac'}00000000`],
  ['bytea', byteaArray(['00ff']), `${header(17, 1)}0000000200ff`],
  ['smallint', int2Array([100, -1]), `${header(21, 2)}000000020064${'00000002ffff'}`],
  ['integer', int4Array([86_400]), `${header(23, 1)}0000000400015180`],
  [
    'bigint',
    int8Array([2 ** 53 - 1, -1, 2 ** 32]),
    `${header(20, 3)}00000008001fffffffffffff00000008ffffffffffffffff000000080000000100000000`,
  ],
  ['double precision', float8Array([-0.1]), `${header(701, 1)}00000008bfb999999999999a`],
  ['boolean', boolArray([true, false]), `${header(16, 2)}00000001010000000100`],
  ['date, counted from 2000', dateArray([10_957, 0]), `${header(1082, 2)}0000000400000000${`00000004${int(-10_957)}`}`],
])('%s', (_, array, hex) => {
  expect(array.toString('hex')).toBe(hex);
});

test.each([
  ['the epoch of 1970', 0, -946_684_800_000_000n],
  ['the epoch of 2000', 946_684_800_000, 0n],
  ['a millisecond before it', 946_684_799_999, -1000n],
  ['the last of year 9999', 253_402_300_799_999, 252_455_615_999_999_000n],
])('microseconds of %s, exactly', (_, milliseconds, microseconds) => {
  expect(timestamptzArray([milliseconds]).readBigInt64BE(24)).toBe(microseconds);
});

test('NULL stands for undefined among values; nothing but undefined is an empty array, whatever the length', () => {
  expect(textArray([undefined, 'a']).toString('hex')).toBe(`${header(25, 2, 1)}ffffffff0000000161`);
  expect(int4Array([undefined, undefined]).toString('hex')).toBe([0, 0, 23].map(int).join(''));
  expect(boolArray([]).toString('hex')).toBe([0, 0, 16].map(int).join(''));
});
