import type { RedisClientType } from '@redis/client';
import { RESP_TYPES } from '@redis/client';
import type { EntityKind, Transaction } from '../types';
import { type Entity, entitiesOf, type HistoryStore, type Snapshot } from './history';
import { layouts, packRecord } from './record';
import { ALLOWED_LATENESS_MS, Timeline, TRIM_MARK_BYTES, WINDOW_MS } from './timeline';

/** An entity that is not seen for this long has no history that anyone needs, seconds. The last five minutes are for clocks that disagree. */
export const EXPIRY_SECONDS = (WINDOW_MS + ALLOWED_LATENESS_MS) / 1000 + 300;

/**
 * Appends to each key what stands at its place in ARGV, if anything, and reads them all. A script is one atomic step: the
 * histories are those of one moment, which is what makes `Timeline.appended` comparable. SET leaves no spare room behind a
 * value, as APPEND does, which would take half as much memory again.
 */
const APPEND_AND_READ = `
local histories = {}
for i, key in ipairs(KEYS) do
  local history = redis.call('GET', key)
  if ARGV[i + 1] ~= '' then
    history = (history or '') .. ARGV[i + 1]
    redis.call('SET', key, history, 'EX', ARGV[1])
  end
  histories[i] = history
end
return histories`;

/**
 * Three arguments a key: puts the third in place of as many bytes as the first says, unless somebody trimmed the history since
 * they were read (every trim changes the bytes in front, which the second repeats). What was appended since stays.
 */
const TRIM = `
for i, key in ipairs(KEYS) do
  local bytes, front, packed = ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i]
  if redis.call('GETRANGE', key, 0, #front - 1) == front then
    redis.call('SET', key, packed .. redis.call('GETRANGE', key, tonumber(bytes), -1), 'KEEPTTL')
  end
end`;

const NOTHING = Buffer.alloc(0);

/** Keeps each history as one string of packed records under one key, which expires by itself. */
export class RedisHistoryStore implements HistoryStore {
  private readonly client;

  /** @param client its key patterns and commands are all that the processor's user may use (`lib/cache.ts`) */
  constructor(client: RedisClientType) {
    this.client = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  }

  async append(transactions: readonly Transaction[]): Promise<Snapshot> {
    const appended = new Map<string, { entity: Entity; records: Buffer[] }>();
    for (const transaction of transactions) {
      for (const entity of entitiesOf(transaction)) {
        const entry = appended.get(entity.key) ?? { entity, records: [] };
        appended.set(entity.key, entry);
        entry.records.push(packRecord(entity.kind, layouts[entity.kind].record(transaction) as never));
      }
    }
    return this.run([...appended.values()]);
  }

  async read(transactions: readonly Transaction[]): Promise<Snapshot> {
    const entities = new Map(transactions.flatMap(entitiesOf).map((entity) => [entity.key, entity]));
    return this.run([...entities.values()].map((entity) => ({ entity, records: [] })));
  }

  async trim(snapshot: Snapshot): Promise<void> {
    const keys: string[] = [];
    const values: (string | Buffer)[] = [];
    for (const [key, timeline] of snapshot) {
      const trim = timeline.trim();
      if (trim === undefined) continue;
      keys.push(key);
      values.push(String(trim.replaces.length), trim.replaces.subarray(0, TRIM_MARK_BYTES), trim.packed);
    }
    if (keys.length > 0) await this.client.eval(TRIM, { keys, arguments: values });
  }

  private async run(entries: readonly { entity: Entity; records: Buffer[] }[]): Promise<Snapshot> {
    if (entries.length === 0) return new Map();
    const replies = (await this.client.eval(APPEND_AND_READ, {
      keys: entries.map(({ entity }) => entity.key),
      arguments: [String(EXPIRY_SECONDS), ...entries.map(({ records }) => Buffer.concat(records))],
    })) as (Buffer | null)[];
    return new Map(
      entries.map(({ entity: { kind, key } }, i) => [key, Timeline.parse<EntityKind>(kind, replies[i] ?? NOTHING)]),
    );
  }
}
