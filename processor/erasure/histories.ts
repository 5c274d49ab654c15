import type { RedisConnection } from '../history/connection';
import { type Entity, keyOf } from '../history/history';
import { keptOf, MARK, MARK_BYTES, packRecord, refOf, unpackRecords } from '../history/record';
import { RefMap } from '../history/ref-map';
import type { EntityKind, Transaction } from '../types';

/** What a customer was known by. */
export interface Identifier {
  kind: EntityKind;
  id: string;
  /** Whether another customer, who is not erased, uses it as well. */
  kept: boolean;
}

/** An empty history for a millisecond: the functions may set keys, and delete none. */
const FORGET = `
for i = 1, #KEYS do redis.call('SET', KEYS[i], '', 'PX', '1') end`;

/**
 * Puts the second argument in place of the first where the history still begins with that; what was appended since stays, and when
 * it expires. Returns whether it did.
 */
const REPLACE = `
local from, to = ARGV[1], ARGV[2]
if redis.call('GETRANGE', KEYS[1], 0, #from - 1) ~= from then return 0 end
redis.call('SET', KEYS[1], to .. redis.call('GETRANGE', KEYS[1], #from, -1), 'KEEPTTL')
return 1`;

/**
 * Has the cache forget a customer: the histories of what nobody else uses, and in others what its records say of the customer's
 * transactions, fingerprints of customer and token and places. The connection is closed.
 *
 * @param transactions the customer's, with what now stands in place of the identifiers
 */
export async function eraseHistories(
  redis: Pick<RedisConnection, 'call' | 'close'>,
  identifiers: readonly Identifier[],
  transactions: readonly Transaction[],
): Promise<void> {
  try {
    const forgotten = identifiers.filter(({ kept }) => !kept).map(keyOf);
    await redis.call(['EVAL', FORGET, String(forgotten.length), ...forgotten]);
    const replaced = new RefMap<Transaction>();
    for (const transaction of transactions) replaced.set(refOf(transaction), transaction);
    for (const { kind, id, kept } of identifiers)
      if (kept) while (!(await rewrite(redis, { kind, key: keyOf({ kind, id }) }, replaced)));
  } finally {
    redis.close();
  }
}

/** @returns false where the history was trimmed meanwhile */
async function rewrite(
  redis: Pick<RedisConnection, 'call'>,
  { kind, key }: Entity,
  replaced: RefMap<Transaction>,
): Promise<boolean> {
  const from = await redis.call(['GET', key]);
  if (!Buffer.isBuffer(from)) return true;
  const { records, offsets } = unpackRecords(kind, from, from[0] === MARK ? MARK_BYTES : 0);
  if (!records.some((record) => replaced.has(record))) return true;
  const to = records.map((record, i) => {
    const transaction = replaced.get(record);
    if (transaction === undefined) return from.subarray(offsets[i], offsets[i + 1]);
    return packRecord(kind, keptOf(transaction));
  });
  return (
    (await redis.call(['EVAL', REPLACE, '1', key, from, Buffer.concat([from.subarray(0, offsets[0]), ...to])])) === 1
  );
}
