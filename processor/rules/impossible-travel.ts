import { whole, windowMinutes } from './parameters';
import { defineRule, inWindow } from './rule';

const EARTH_RADIUS_KM = 6371.0088;

/** Great-circle distance in kilometres between two points in degrees, by the haversine formula on the mean radius. */
export function distanceKm(fromLatitude: number, fromLongitude: number, toLatitude: number, toLongitude: number) {
  const radians = Math.PI / 180;
  const halfChord =
    Math.sin(((toLatitude - fromLatitude) * radians) / 2) ** 2 +
    Math.cos(fromLatitude * radians) *
      Math.cos(toLatitude * radians) *
      Math.sin(((toLongitude - fromLongitude) * radians) / 2) ** 2;
  // Rounding may lift the square of half the chord above 1 at opposite points.
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, halfChord)));
}

export const impossibleTravel = defineRule({
  name: 'impossible-travel',
  description:
    'Speed from the latest earlier transaction of the payment token with a location in the window to this one, ' +
    'approved or declined, where they are further apart than distanceKm',
  source: 'Datadog: over 500 km at over 1,000 km/h',
  unit: 'km/h',
  parameters: { windowMinutes, speedKmh: whole(1, 1_000_000, 'km/h'), distanceKm: whole(0, 20_000, 'km') },
  evaluate({ occurredAt, location }, facts, { windowMinutes, speedKmh, distanceKm: distanceLimitKm }) {
    if (location === undefined) return undefined;
    const from = inWindow(facts.token, occurredAt, windowMinutes).findLast(({ latitude }) => !Number.isNaN(latitude));
    if (from === undefined) return undefined;
    // The evidence decides, so that it can be checked: the distance to 0.1 km, the speed to 1 km/h.
    const distance =
      Math.round(distanceKm(from.latitude, from.longitude, location.latitude, location.longitude) * 10) / 10;
    const elapsedMs = occurredAt - from.occurredAt;
    // Event time resolves a millisecond: two events at the same one are less than that apart.
    const observed = Math.round((distance * 3_600_000) / Math.max(1, elapsedMs));
    return observed > speedKmh && distance > distanceLimitKm
      ? {
          observed,
          limit: speedKmh,
          windowMinutes,
          distanceKm: distance,
          distanceLimitKm,
          elapsedMs,
          from: facts.idOf(from),
        }
      : undefined;
  },
});
