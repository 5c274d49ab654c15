import fc from 'fast-check';
import { parseInstant } from '../../../processor/instant';

test.each([
  ['2026-04-01T09:30:00.000+09:00', Date.UTC(2026, 3, 1, 0, 30)],
  ['2026-04-01T00:30:00Z', Date.UTC(2026, 3, 1, 0, 30)],
  ['2026-04-01t00:30:00.5z', Date.UTC(2026, 3, 1, 0, 30, 0, 500)],
  ['2026-03-31T19:00:00.07-05:30', Date.UTC(2026, 3, 1, 0, 30, 0, 70)],
  ['2024-02-29T23:59:59.999Z', Date.UTC(2024, 1, 29, 23, 59, 59, 999)],
  ['0050-01-01T00:00:00Z', Date.parse('0050-01-01T00:00:00Z')],
])('%s is read to the millisecond', (text, expected) => {
  expect(parseInstant(text)).toBe(expected);
});

test.each([
  '2026-04-01T09:30:00',
  '2026-04-01 09:30:00Z',
  '2026-04-01T09:30:00.0000Z',
  '2026-04-01T09:30Z',
  '2026-02-29T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-10T00:00:00Z',
  '2026-04-01T24:00:00Z',
  '2026-04-01T09:60:00Z',
  '2026-06-30T23:59:60Z',
  '2026-04-01T09:30:00+24:00',
  '2026-04-01T09:30:00+09:60',
  '2026-04-01T09:30:00+0900',
  ' 2026-04-01T09:30:00Z',
  '1775003400000',
])('%s is refused', (text) => {
  expect(parseInstant(text)).toBeUndefined();
});

test('reads back every instant of the years 0 to 9999', () => {
  fc.assert(
    fc.property(
      fc.date({
        min: new Date('0000-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59.999Z'),
        noInvalidDate: true,
      }),
      (date) => {
        expect(parseInstant(date.toISOString())).toBe(date.getTime());
      },
    ),
  );
});
