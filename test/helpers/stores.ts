import { RedisHistoryStore } from '../../processor/history/redis';
import { processBatch } from '../../processor/pipeline';
import { PolicySource } from '../../processor/policy/policy';
import { judge } from '../../processor/rules';
import { PostgresStore } from '../../processor/store/postgres';
import type { Transaction } from '../../processor/types';
import { type MigratedDatabase, startMigratedDatabase } from './migrated-database';
import { asRecord, bytes, HOUR, MINUTE, T0 } from './transactions';
import { type ValkeyAddress, type ValkeyServer, ValkeyServers } from './valkey-servers';

/** A migrated database and a cache, and the processor that writes to them. */
export interface TestStores {
  database: MigratedDatabase;
  valkey: ValkeyServer;
  /** Where processor and operations find the cache. */
  address: ValkeyAddress;
  /** Has the processor work off a batch under the active policy. What is in it may be no valid transaction. */
  work(batch: readonly object[]): ReturnType<typeof processBatch>;
  stop(): Promise<void>;
}

/** @param allowedLatenessMinutes as the setting of processor and operations */
export async function startStores(allowedLatenessMinutes: number): Promise<TestStores> {
  process.env.ALLOWED_LATENESS_MINUTES = String(allowedLatenessMinutes);
  const servers = await ValkeyServers.create({
    processor: 'on ~history:* -@all +get +mget +getrange +set +eval +info',
  });
  const [database, valkey] = await Promise.all([startMigratedDatabase(), servers.start('valkey')]);
  const address = await servers.address(valkey.port);
  const store = new PostgresStore(database.processor as never);
  const history = new RedisHistoryStore({
    connect: () => address.connect('processor'),
    beginGeneration: (known) => store.beginGeneration(known),
    allowedLatenessMs: allowedLatenessMinutes * MINUTE,
  });
  return {
    database,
    valkey,
    address,
    async work(batch) {
      const policy = await new PolicySource(database.processor as never).current();
      const records = (batch as readonly Transaction[]).map((t) => ({
        eventId: `shard:${t.transactionId}`,
        data: bytes(asRecord(t)),
      }));
      return processBatch(records, { store, history, policy, judge, now: () => T0 + 1000 * HOUR });
    },
    async stop() {
      await database.stop();
      await servers.stop();
    },
  };
}
