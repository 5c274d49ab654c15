import fc from 'fast-check';
import { countryMismatch } from '../../../../processor/rules/country-mismatch';
import { distanceKm, impossibleTravel } from '../../../../processor/rules/impossible-travel';
import { facts, HOUR, ofToken, transaction } from './given';

const TOKYO = { latitude: 35.681, longitude: 139.767 };
const OSAKA = { latitude: 34.702, longitude: 135.496 };
const SAPPORO = { latitude: 43.069, longitude: 141.351 };
const LONDON = { latitude: 51.5074, longitude: -0.1278 };

// The expected distances come from the angle between the two unit vectors, by atan2 of their cross and dot products.
describe('distanceKm', () => {
  test.each([
    ['the same place', TOKYO, TOKYO, 0],
    ['a quarter of a meridian', { latitude: 0, longitude: 0 }, { latitude: 90, longitude: 0 }, 10_007.557],
    ['a degree over the date line', { latitude: 0, longitude: 179.5 }, { latitude: 0, longitude: -179.5 }, 111.195],
    ['opposite points', { latitude: 45, longitude: 10 }, { latitude: -45, longitude: -170 }, 20_015.114],
    // Here the haversine comes out as 1.0000000000000004.
    [
      'opposite points by rounding',
      { latitude: -65.9516711514047, longitude: -136.5279835218136 },
      { latitude: 65.95167116650701, longitude: 43.47201647818639 },
      20_015.114,
    ],
    ['Tokyo to Osaka', TOKYO, OSAKA, 403.052],
    ['Tokyo to Sapporo', TOKYO, SAPPORO, 832.669],
    ['Tokyo to London', TOKYO, LONDON, 9562.328],
  ])('%s', (_, from, to, expected) => {
    expect(distanceKm(from.latitude, from.longitude, to.latitude, to.longitude)).toBeCloseTo(expected, 3);
  });

  const latitude = fc.double({ min: -90, max: 90, noNaN: true });
  const longitude = fc.double({ min: -180, max: 180, noNaN: true });
  test('is symmetric, never negative and at most half the circumference', () => {
    fc.assert(
      fc.property(latitude, longitude, latitude, longitude, (a, b, c, d) => {
        const there = distanceKm(a, b, c, d);
        expect(there).toBeCloseTo(distanceKm(c, d, a, b), 6);
        expect(there).toBeGreaterThanOrEqual(0);
        expect(there).toBeLessThanOrEqual(Math.PI * 6371.0088);
      }),
    );
  });
});

describe('impossible-travel', () => {
  const parameters = { windowMinutes: 1440, speedKmh: 1000, distanceKm: 500 };
  const evaluate = (location: typeof TOKYO | undefined, ...token: ReturnType<typeof ofToken>[]) =>
    impossibleTravel.evaluate(transaction({ location }), facts({ token }), parameters);

  test('far and fast', () => {
    expect(evaluate(LONDON, ofToken(HOUR, TOKYO))).toEqual({
      observed: 9562,
      limit: 1000,
      windowMinutes: 1440,
      distanceKm: 9562.3,
      distanceLimitKm: 500,
      elapsedMs: HOUR,
      from: `tx-${HOUR}`,
    });
  });

  test('far but slow, as by aeroplane', () => {
    expect(evaluate(LONDON, ofToken(12 * HOUR, TOKYO))).toBeUndefined();
  });

  test('fast but near, as positions of addresses jump', () => {
    expect(evaluate(OSAKA, ofToken(1, TOKYO))).toBeUndefined();
  });

  describe('at its limits', () => {
    // Along the equator 5 degrees are 556.0 km and 4.4966 degrees are 500.0 km.
    const equator = (longitude: number) => ({ latitude: 0, longitude });

    test.each([
      ['above the distance', 4.4975, true],
      ['at the distance', 4.4966, false],
    ])('%s', (_, longitude, fires) => {
      expect(evaluate(equator(longitude), ofToken(60_000, equator(0))) !== undefined).toBe(fires);
    });

    test.each([
      ['at the speed', 556_000 * 3.6, undefined],
      ['below half a kilometre an hour more', 556_000 * 3.6 - 900, undefined],
      ['above it', 556_000 * 3.6 - 1100, 1001],
    ])('%s', (_, elapsedMs, expected) => {
      expect(evaluate(equator(5), ofToken(elapsedMs, equator(0)))?.observed).toBe(expected);
    });
  });

  test('at the same instant takes a millisecond, so that the speed stays a number', () => {
    expect(evaluate(SAPPORO, ofToken(0, TOKYO))).toMatchObject({ observed: 832.7 * 3_600_000, elapsedMs: 0 });
  });

  test('the same place at the same instant is no travel', () => {
    expect(evaluate(TOKYO, ofToken(0, TOKYO))).toBeUndefined();
  });

  test('starts from the latest earlier place, declined or not', () => {
    const token = [ofToken(3 * HOUR, TOKYO), ofToken(2 * HOUR, { ...LONDON, declined: true }), ofToken(HOUR)];
    expect(evaluate(LONDON, ...token)).toBeUndefined();
    expect(evaluate(TOKYO, ...token)).toMatchObject({ from: `tx-${2 * HOUR}`, elapsedMs: 2 * HOUR });
  });

  test.each([
    ['this transaction has no place', undefined, ofToken(HOUR, TOKYO)],
    ['no earlier one has', LONDON, ofToken(HOUR)],
  ])('is not judged where %s', (_, location, record) => {
    expect(evaluate(location, record)).toBeUndefined();
  });

  test('keeps to its window', () => {
    const judged = transaction({ location: LONDON });
    const inside = facts({ token: [ofToken(HOUR - 1, TOKYO)] });
    const outside = facts({ token: [ofToken(HOUR, TOKYO)] });
    const hour = { ...parameters, windowMinutes: 60 };
    expect(impossibleTravel.evaluate(judged, inside, hour)).toMatchObject({ windowMinutes: 60 });
    expect(impossibleTravel.evaluate(judged, outside, hour)).toBeUndefined();
  });
});

describe('country-mismatch', () => {
  const evaluate = (fields: Parameters<typeof transaction>[0], count = 1) =>
    countryMismatch.evaluate(transaction(fields), facts(), { count });

  test.each([
    ['none', {}, undefined],
    ['one', { cardIssuerCountry: 'US' }, undefined],
    ['three that agree', { cardIssuerCountry: 'JP', billingCountry: 'JP', shippingCountry: 'JP' }, undefined],
    [
      'issuer and shipping',
      { cardIssuerCountry: 'US', shippingCountry: 'JP' },
      { observed: 2, limit: 1, cardIssuerCountry: 'US', shippingCountry: 'JP' },
    ],
    [
      'issuer and billing',
      { cardIssuerCountry: 'US', billingCountry: 'JP' },
      { observed: 2, limit: 1, cardIssuerCountry: 'US', billingCountry: 'JP' },
    ],
    [
      'billing and shipping',
      { cardIssuerCountry: 'JP', billingCountry: 'JP', shippingCountry: 'BR' },
      { observed: 2, limit: 1, cardIssuerCountry: 'JP', billingCountry: 'JP', shippingCountry: 'BR' },
    ],
  ])('%s', (_, countries, expected) => {
    expect(evaluate(countries)).toEqual(expected);
  });

  test('with a count of two wants all three to differ', () => {
    expect(evaluate({ cardIssuerCountry: 'US', shippingCountry: 'JP' }, 2)).toBeUndefined();
    expect(evaluate({ cardIssuerCountry: 'US', billingCountry: 'JP', shippingCountry: 'BR' }, 2)).toEqual({
      observed: 3,
      limit: 2,
      cardIssuerCountry: 'US',
      billingCountry: 'JP',
      shippingCountry: 'BR',
    });
  });
});
