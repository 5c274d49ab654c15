import { CACHE_NODE_TYPES, shardsFor, usableMib } from '../../lib/sizing';
import { CACHE_NODE_HOUR, DATABASE_CLASSES, HOURS_A_MONTH, PRICES } from './prices';

/** Settings of the stack that the model rests on, by their names in the configuration. */
export interface Settings {
  recordBytes: number;
  batchSize: number;
  parallelizationFactor: number;
  processorMemoryMib: number;
  allowedLatenessMinutes: number;
  cacheNodeCount: number;
  databaseMultiAz: boolean;
  /** How long transactions are kept online, days; not a setting of the stack, which deletes nothing. */
  daysOnline: number;
  zoneCount: number;
}

/** What was measured, as `npm run bench -- --json FILE` writes it. */
export interface Measured {
  /** Bytes of one entity's history for one transaction. */
  redisBytesPerEntry: number;
  dataPath: {
    /** CPU of each a transaction. */
    cpuMicroseconds: { node: number; redis: number; postgres: number };
    /** Bytes in tables and indexes a transaction. */
    databaseBytes: number;
    /** Bytes of write-ahead log a transaction. */
    walBytes: number;
    /** Rows written a transaction. */
    databaseRows: number;
  };
}

/** Entities whose histories a transaction is in: customer, token, device, address. */
const ENTITIES = 4;
/** Memory of a function that has one core, MiB (Lambda Developer Guide). */
const MIB_A_CORE = 1_769;
/** Round trips of a batch one after the other (accept, append, record), and what one takes between zones, seconds. */
const ROUND_TRIPS = 3;
const ROUND_TRIP_SECONDS = 0.002;
/** How often Lambda reads a shard, a second. */
const READS_A_SECOND = 1;
/** Shares that may be filled, so that a peak or a failover has room: of Valkey's one thread, of the database's cores. */
const CACHE_CPU = 0.7;
const DATABASE_CPU = 0.5;
/** Memory left over, as a multiple of what the histories take; and how long they are kept beyond the allowed lateness, hours. */
const HISTORY_HEADROOM = 1.3;
const HISTORY_HOURS = 24.1;
/** Concurrent executions of an account before it asks for more (Lambda quotas). */
const CONCURRENCY_QUOTA = 1_000;
/** Connections that a class takes by default: 9,531,392 bytes of memory each (RDS, `max_connections`), at most 5,000. */
const BYTES_A_CONNECTION = 9_531_392;
const MOST_CONNECTIONS = 5_000;
/** Most storage of an instance, GiB, and most input and output operations a second of gp3 (RDS User Guide). */
const MOST_STORAGE_GIB = 65_536;
const MOST_IOPS = 64_000;
/**
 * Pages a transaction reads and writes at a random place: that of its id in the one index over all ids, which soon is larger than
 * memory. All else goes to the end of the day's tables and indexes, or to pages that are in memory.
 */
const RANDOM_PAGES = 2;
const DAY_SECONDS = 86_400;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** What a load needs. */
export interface Needs {
  perSecond: number;
  shards: number;
  /** Batches a second, and records in one. */
  invocations: number;
  recordsAnInvocation: number;
  /** Milliseconds of an invocation. */
  invocationMs: number;
  /** Invocations at a time, of at most `shards` times the parallelization factor. */
  concurrency: number;
  concurrencyLimit: number;
  cacheMib: number;
  /** Undefined: no node that is known holds it. */
  cacheNodeType?: string;
  /** Share of the cache's one thread. */
  cacheCpu: number;
  databaseRowsPerSecond: number;
  /** Cores' worth of work in the database. */
  databaseCores: number;
  /** Undefined: no class that is known does it. */
  databaseClass?: string;
  /** MiB a second of data, indexes and log. */
  databaseMibPerSecond: number;
  /** Operations a second at random places, and storage of the days online, GiB. */
  databaseIops: number;
  databaseGib: number;
  /** By what it is for; undefined where something is not to be had. */
  dollarsAMonth?: Record<'stream' | 'functions' | 'cache' | 'database' | 'fixed', number>;
  /** What gives out first when the load grows on the largest of everything that is known, and at how many a second. */
  limits: { what: string; perSecond: number }[];
}

/** What a load of so many transactions a second, all day long, needs. */
export function needsOf(perSecond: number, settings: Settings, measured: Measured): Needs {
  const { cpuMicroseconds: cpu, databaseBytes, walBytes, databaseRows } = measured.dataPath;
  const shards = shardsFor({ transactionsPerMinute: perSecond * 60, recordBytes: settings.recordBytes });
  const concurrencyLimit = shards * settings.parallelizationFactor;
  const invocations = Math.min(perSecond, Math.max(concurrencyLimit * READS_A_SECOND, perSecond / settings.batchSize));
  const recordsAnInvocation = perSecond / invocations;
  const slowness = Math.max(1, MIB_A_CORE / settings.processorMemoryMib);
  const secondsARecord = (cpu.node * slowness + cpu.redis + cpu.postgres) / 1e6;
  const invocationSeconds = ROUND_TRIPS * ROUND_TRIP_SECONDS + recordsAnInvocation * secondsARecord;
  const concurrency = invocations * invocationSeconds;

  const historySeconds = HISTORY_HOURS * 3_600 + settings.allowedLatenessMinutes * 60;
  const bytesOfSecond = historySeconds * ENTITIES * measured.redisBytesPerEntry * HISTORY_HEADROOM;
  const cacheMib = Math.ceil((perSecond * bytesOfSecond) / MIB);
  const cacheCpu = (perSecond * cpu.redis) / 1e6;
  const cacheNodeType =
    cacheCpu <= CACHE_CPU ? CACHE_NODE_TYPES.find((type) => usableMib(type) >= cacheMib) : undefined;

  const databaseCores = (perSecond * cpu.postgres) / 1e6;
  const databaseGib = Math.ceil((perSecond * DAY_SECONDS * settings.daysOnline * databaseBytes) / GIB);
  const databaseClass =
    databaseGib <= MOST_STORAGE_GIB
      ? Object.entries(DATABASE_CLASSES).find(
          ([, { cores, memoryGib }]) =>
            cores * DATABASE_CPU >= databaseCores && connections(memoryGib) >= concurrencyLimit,
        )?.[0]
      : undefined;

  const needs: Needs = {
    perSecond,
    shards,
    invocations,
    recordsAnInvocation,
    invocationMs: invocationSeconds * 1_000,
    concurrency,
    concurrencyLimit,
    cacheMib,
    cacheNodeType,
    cacheCpu,
    databaseRowsPerSecond: perSecond * databaseRows,
    databaseCores,
    databaseClass,
    databaseMibPerSecond: (perSecond * (databaseBytes + walBytes)) / MIB,
    databaseIops: perSecond * RANDOM_PAGES,
    databaseGib,
    limits: [
      {
        what: "memory of the cache's node",
        perSecond: (usableMib(CACHE_NODE_TYPES.at(-1) as string) * MIB) / bytesOfSecond,
      },
      { what: "the cache's one thread", perSecond: (CACHE_CPU * 1e6) / cpu.redis },
      {
        what: "the database's cores",
        perSecond:
          (Math.max(...Object.values(DATABASE_CLASSES).map(({ cores }) => cores)) * DATABASE_CPU * 1e6) / cpu.postgres,
      },
      {
        what: `the database's storage, ${settings.daysOnline} days`,
        perSecond: (MOST_STORAGE_GIB * GIB) / (DAY_SECONDS * settings.daysOnline * databaseBytes),
      },
      { what: "the database's disk", perSecond: MOST_IOPS / RANDOM_PAGES },
      { what: "the account's concurrent executions", perSecond: CONCURRENCY_QUOTA / (concurrency / perSecond) },
    ].sort((a, b) => a.perSecond - b.perSecond),
  };
  return { ...needs, dollarsAMonth: dollarsOf(needs, settings) };
}

function connections(memoryGib: number): number {
  return Math.min(MOST_CONNECTIONS, Math.floor((memoryGib * GIB) / BYTES_A_CONNECTION));
}

function dollarsOf(needs: Needs, settings: Settings): Needs['dollarsAMonth'] {
  const { cacheNodeType, databaseClass } = needs;
  if (cacheNodeType === undefined || databaseClass === undefined) return undefined;
  const seconds = HOURS_A_MONTH * 3_600;
  const zones = settings.databaseMultiAz ? 2 : 1;
  const gigabyteSeconds = needs.concurrency * (settings.processorMemoryMib / 1_024) * seconds;
  const { hour } = DATABASE_CLASSES[databaseClass] as { hour: { usd: number } };
  const node = CACHE_NODE_HOUR[cacheNodeType] as { usd: number };
  return {
    stream: needs.shards * HOURS_A_MONTH * PRICES.shardHour.usd + needs.perSecond * seconds * PRICES.putUnit.usd,
    functions: gigabyteSeconds * PRICES.gigabyteSecond.usd + needs.invocations * seconds * PRICES.invocation.usd,
    cache: settings.cacheNodeCount * HOURS_A_MONTH * node.usd,
    database: zones * (HOURS_A_MONTH * hour.usd + needs.databaseGib * PRICES.storageGibMonth.usd),
    // Endpoints of Secrets Manager and SNS; about 1.5 KB of log and metrics an invocation.
    fixed:
      2 * settings.zoneCount * HOURS_A_MONTH * PRICES.endpointHour.usd +
      ((needs.invocations * seconds * 1_500) / 1e9) * PRICES.logGigabyte.usd,
  };
}
