import type { RedisClientType } from '@redis/client';
import { RESP_TYPES } from '@redis/client';
import type { Transaction } from '../types';
import { type Entity, entitiesOf, type HistoryStore, type Snapshot } from './history';
import { layouts, packRecord } from './record';
import { ALLOWED_LATENESS_MS, Timeline, WINDOW_MS } from './timeline';

/** An entity that is not seen for this long has no history that anyone needs, seconds. The last five minutes are for clocks that disagree. */
export const EXPIRY_SECONDS = (WINDOW_MS + ALLOWED_LATENESS_MS) / 1000 + 300;

/**
 * Replaces the first ARGV[1] bytes of a history, unless somebody trimmed it since they were read (every trim changes the
 * 13 bytes in front); what was appended since stays.
 */
const TRIM_SCRIPT = `
local replaced = tonumber(ARGV[1])
if redis.call('GETRANGE', KEYS[1], 0, 12) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[3] .. redis.call('GETRANGE', KEYS[1], replaced, -1), 'KEEPTTL')
return 1`;

/** Keeps each history as one string of packed records under one key, which expires by itself. */
export class RedisHistoryStore implements HistoryStore {
  private readonly client;

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
    return this.readAll(
      [...appended.values()].map(({ entity }) => entity),
      (key) => Buffer.concat(appended.get(key)?.records ?? []),
    );
  }

  async read(transactions: readonly Transaction[]): Promise<Snapshot> {
    const entities = new Map(transactions.flatMap(entitiesOf).map((entity) => [entity.key, entity]));
    return this.readAll([...entities.values()]);
  }

  async trim(snapshot: Snapshot): Promise<void> {
    const pipeline = this.client.multi();
    let trimmed = 0;
    for (const [key, timeline] of snapshot) {
      const trim = timeline.trim();
      if (trim === undefined) continue;
      trimmed++;
      pipeline.eval(TRIM_SCRIPT, {
        keys: [key],
        arguments: [String(trim.replaces.length), trim.replaces.subarray(0, 13), trim.packed],
      });
    }
    if (trimmed > 0) await pipeline.execAsPipeline();
  }

  /** One MULTI block: the histories are those of one moment, which is what makes `Timeline.appended` comparable. */
  private async readAll(entities: readonly Entity[], recordsFor?: (key: string) => Buffer): Promise<Snapshot> {
    if (entities.length === 0) return new Map();
    const block = this.client.multi();
    for (const { key } of entities) {
      if (recordsFor !== undefined) block.append(key, recordsFor(key));
      block.getEx(key, { type: 'EX', value: EXPIRY_SECONDS });
    }
    const replies = (await block.exec()) as unknown[];
    const step = recordsFor === undefined ? 1 : 2;
    return new Map(
      entities.map(({ kind, key }, i) => {
        const packed = replies[i * step + step - 1] as Buffer | null;
        return [key, packed === null ? Timeline.empty(kind) : Timeline.parse(kind, packed)];
      }),
    );
  }
}
