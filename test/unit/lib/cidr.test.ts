import fc from 'fast-check';
import { contains, formatRange, parseRange, part } from '../../../lib/cidr';

const ranges = fc
  .record({ address: fc.nat(2 ** 32 - 1), prefix: fc.integer({ min: 0, max: 28 }) })
  .map(({ address, prefix }) => ({ base: address - (address % 2 ** (32 - prefix)), prefix }));

describe('parseRange', () => {
  it.each([
    ['10.0.0.0/16', { base: 167_772_160, prefix: 16 }],
    ['192.168.1.128/25', { base: 3_232_235_904, prefix: 25 }],
    ['0.0.0.0/0', { base: 0, prefix: 0 }],
  ])('reads %s', (text, range) => {
    expect(parseRange(text)).toEqual(range);
  });

  it.each(['', '10.0.0.0', '10.0.0/16', '10.0.0.256/24', '10.0.0.0/33', '10.0.0.1/16', '::/64', '10.0.0.0/16 '])(
    'refuses %p',
    (text) => {
      expect(parseRange(text)).toBeUndefined();
    },
  );

  it('reads what formatRange writes', () => {
    fc.assert(fc.property(ranges, (range) => expect(parseRange(formatRange(range))).toEqual(range)));
  });
});

describe('part', () => {
  it('cuts a range into equal parts that touch and never overlap', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 0, max: 4 }), (range, bits) => {
        let next = range.base;
        for (let index = 0; index < 2 ** bits; index++) {
          const piece = part(range, bits, index);
          expect(piece.base).toBe(next);
          expect(contains(range, piece)).toBe(true);
          next += 2 ** (32 - piece.prefix);
        }
        expect(next).toBe(range.base + 2 ** (32 - range.prefix));
      }),
    );
  });

  it('refuses a part that is not there', () => {
    expect(() => part({ base: 0, prefix: 16 }, 4, 16)).toThrow(new RangeError('0.0.0.0/16 has no part 16 of 16'));
    expect(() => part({ base: 0, prefix: 30 }, 4, 0)).toThrow(new RangeError('0.0.0.0/30 has no part 0 of 16'));
  });
});

describe('contains', () => {
  const range = (text: string) => parseRange(text) as NonNullable<ReturnType<typeof parseRange>>;

  it.each([
    ['10.0.0.0/8', '10.255.0.0/16', true],
    ['10.0.0.0/16', '10.0.0.0/16', true],
    ['10.0.0.0/16', '10.0.0.0/15', false],
    ['10.0.0.0/16', '10.1.0.0/24', false],
  ])('%s contains %s: %s', (outer, inner, expected) => {
    expect(contains(range(outer), range(inner))).toBe(expected);
  });
});
