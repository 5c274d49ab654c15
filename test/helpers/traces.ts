import { MARK, MARK_BYTES, unpackRecords } from '../../processor/history/record';
import type { Transaction } from '../../processor/types';
import { readArchive } from './archive';
import type { TestStores } from './stores';

/** A name that begins as a customer's does, and is another's. */
export const NAMESAKE = 'customer-amber-not';

/** What names a customer in the traffic. */
export interface Identifiers {
  /** That nobody else uses. */
  own: string[];
  /** Tokens, devices and addresses that others use as well. */
  shared: string[];
  /** Coordinates of transactions by a token that nobody else uses. */
  places: string[];
}

export function identifiersOf(customerId: string, traffic: readonly Transaction[]): Identifiers {
  const own = traffic.filter((t) => t.customerId === customerId);
  const others = new Set(
    traffic.filter((t) => t.customerId !== customerId).flatMap((t) => [t.paymentToken, t.deviceId, t.ipAddress]),
  );
  const all = new Set(own.flatMap((t) => [t.paymentToken, t.deviceId, t.ipAddress]).filter((id) => id !== undefined));
  const free = own.flatMap((t) => [t.customerId, t.orderId, t.emailHash, t.shippingAddressHash, t.declineReason]);
  return {
    own: [...new Set([...free, ...all].filter((id) => id !== undefined && !others.has(id)))] as string[],
    shared: [...all].filter((id) => others.has(id)),
    places: own
      .filter((t) => !others.has(t.paymentToken))
      .flatMap((t) => (t.location === undefined ? [] : [String(t.location.latitude), String(t.location.longitude)])),
  };
}

/**
 * Where texts are found, by text: tables without the day of a partition, `cache`, `archive` and `opened archive`. A text that is
 * nowhere is left out.
 *
 * @param archive its lines
 */
export async function placesOf(
  texts: readonly string[],
  { database, valkey }: TestStores,
  archive: readonly string[],
): Promise<Record<string, string[]>> {
  const all = new Map([
    ...(await tablesOf(database)),
    ['archive', archive.join('')],
    ['opened archive', (await readArchive(archive)).text],
    ['cache', [...(await cacheOf(valkey))].map(([key, value]) => `${key} ${value.toString('latin1')}`).join('\n')],
  ]);
  const places = texts.map((text) => {
    const found = [...all]
      .filter(([, content]) => content.replaceAll(NAMESAKE, '').includes(text))
      .map(([name]) => name.replace(/_\d{8}$/, ''));
    return [text, [...new Set(found)].sort()] as const;
  });
  return Object.fromEntries(places.filter(([, found]) => found.length > 0));
}

async function tablesOf(database: TestStores['database']): Promise<Map<string, string>> {
  const master = await database.connectAsMaster();
  const { rows } = await master.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'tap'::regnamespace AND relkind = 'r'",
  );
  const tables = new Map<string, string>();
  for (const { name } of rows) {
    const { rows: lines } = await master.query<{ line: string }>(`SELECT t::text AS line FROM tap.${name} t`);
    tables.set(name, lines.map(({ line }) => line).join('\n'));
  }
  await master.end();
  return tables;
}

/** All that the cache holds, by key. */
export async function cacheOf({ admin }: TestStores['valkey']): Promise<Map<string, Buffer>> {
  const cache = new Map<string, Buffer>();
  for (const key of (await admin.call(['KEYS', '*'])) as Buffer[])
    cache.set(String(key), (await admin.call(['GET', key])) as Buffer);
  return cache;
}

/** The fingerprints that histories of devices and addresses know customers by. */
export async function customersInCache(valkey: TestStores['valkey']): Promise<Set<number>> {
  const prints = new Set<number>();
  for (const [key, value] of await cacheOf(valkey)) {
    const kind = (['device', 'address'] as const).find((name) => key.startsWith(`history:2:${name}:`));
    if (kind === undefined) continue;
    for (const { customer } of unpackRecords(kind, value, value[0] === MARK ? MARK_BYTES : 0).records)
      prints.add(customer);
  }
  return prints;
}
