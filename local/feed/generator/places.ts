import type { Random } from './random';

/** A city with its share of customers (population in thousands) and its centre in degrees (WGS 84). */
export interface City {
  name: string;
  share: number;
  latitude: number;
  longitude: number;
}

export const CITIES: readonly City[] = [
  { name: 'Tokyo', share: 9700, latitude: 35.69, longitude: 139.69 },
  { name: 'Yokohama', share: 3770, latitude: 35.44, longitude: 139.64 },
  { name: 'Osaka', share: 2750, latitude: 34.69, longitude: 135.5 },
  { name: 'Nagoya', share: 2330, latitude: 35.18, longitude: 136.91 },
  { name: 'Sapporo', share: 1970, latitude: 43.06, longitude: 141.35 },
  { name: 'Fukuoka', share: 1640, latitude: 33.59, longitude: 130.4 },
  { name: 'Kobe', share: 1520, latitude: 34.69, longitude: 135.2 },
  { name: 'Kyoto', share: 1450, latitude: 35.01, longitude: 135.77 },
  { name: 'Sendai', share: 1100, latitude: 38.27, longitude: 140.87 },
  { name: 'Hiroshima', share: 1190, latitude: 34.39, longitude: 132.46 },
  { name: 'Niigata', share: 780, latitude: 37.92, longitude: 139.04 },
  { name: 'Kanazawa', share: 460, latitude: 36.56, longitude: 136.66 },
  { name: 'Matsuyama', share: 500, latitude: 33.84, longitude: 132.77 },
  { name: 'Kagoshima', share: 590, latitude: 31.6, longitude: 130.56 },
  { name: 'Naha', share: 310, latitude: 26.21, longitude: 127.68 },
];

export function cityNamed(name: string): City {
  const found = CITIES.find((city) => city.name === name);
  if (found === undefined) throw new Error(`no city is named ${name}`);
  return found;
}

/** A place within a few kilometres of a city's centre, degrees to about 10 m. */
export function near(city: City, random: Random): { latitude: number; longitude: number } {
  const around = (degrees: number) => Number((degrees + (random.next() - 0.5) * 0.08).toFixed(4));
  return { latitude: around(city.latitude), longitude: around(city.longitude) };
}
