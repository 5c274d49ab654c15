import { formatMarker, parseMarker } from '../../../../processor/history/marker';

const SERVER = '0123456789abcdef0123456789abcdef01234567';

test.each([
  [{ number: 1, completeAfter: Number.NEGATIVE_INFINITY }, `1 - ${SERVER}`],
  [{ number: 8191, completeAfter: 1_775_001_600_000 }, `8191 1775001600000 ${SERVER}`],
  [{ number: 2, completeAfter: 0 }, `2 0 ${SERVER}`],
])('%j is written and read', (generation, text) => {
  expect(formatMarker(generation, SERVER)).toBe(text);
  expect(parseMarker(Buffer.from(text))).toEqual({ text, generation, server: SERVER });
});

test('where there is none, there is none', () => {
  expect(parseMarker(null)).toBeUndefined();
});
