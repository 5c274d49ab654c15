/** Largest load the stack is sized for. */
export interface Peak {
  transactionsPerMinute: number;
  /** Mean size of a record with its partition key, bytes. */
  recordBytes: number;
}

/** What a shard takes in, by the quotas of Kinesis Data Streams. */
const SHARD_RECORDS_PER_SECOND = 1_000;
const SHARD_BYTES_PER_SECOND = 1_048_576;

/** Share of a shard that the peak may fill: customers do not spread evenly over shards. */
const SHARD_UTILISATION = 0.7;

/** Shards that take the peak. */
export function shardsFor({ transactionsPerMinute, recordBytes }: Peak): number {
  const perSecond = transactionsPerMinute / 60;
  const share = Math.max(perSecond / SHARD_RECORDS_PER_SECOND, (perSecond * recordBytes) / SHARD_BYTES_PER_SECOND);
  return Math.max(1, Math.ceil(share / SHARD_UTILISATION));
}

interface CacheNode {
  /** `maxmemory` before the reserve, MiB, from the ElastiCache table of node-type parameters. */
  maxMemoryMib: number;
  /** Part kept for replication and snapshots, percent: AWS advises more than its 25 for small nodes. */
  reservedPercent: number;
}

const CACHE_NODES: Record<string, CacheNode> = {
  'cache.t4g.micro': { maxMemoryMib: 512, reservedPercent: 50 },
  'cache.t4g.small': { maxMemoryMib: 1_403, reservedPercent: 30 },
  'cache.t4g.medium': { maxMemoryMib: 3_164, reservedPercent: 25 },
  'cache.m7g.large': { maxMemoryMib: 6_537, reservedPercent: 25 },
  'cache.r7g.large': { maxMemoryMib: 13_387, reservedPercent: 25 },
  'cache.r7g.xlarge': { maxMemoryMib: 26_952, reservedPercent: 25 },
  'cache.r7g.2xlarge': { maxMemoryMib: 54_083, reservedPercent: 25 },
  'cache.r7g.4xlarge': { maxMemoryMib: 108_346, reservedPercent: 25 },
  'cache.r7g.8xlarge': { maxMemoryMib: 214_577, reservedPercent: 25 },
  'cache.r7g.12xlarge': { maxMemoryMib: 325_399, reservedPercent: 25 },
  'cache.r7g.16xlarge': { maxMemoryMib: 429_154, reservedPercent: 25 },
};

/** Cache node types whose memory is known, smallest first. */
export const CACHE_NODE_TYPES = Object.keys(CACHE_NODES);

/**
 * What a transaction takes in its four histories (customer, payment token, device, IP address), keys included, where
 * customers seldom come back and most of it is overhead: `npm run bench -- memory`, 1.2 transactions a customer and day.
 */
const HISTORY_BYTES_PER_TRANSACTION = 420;

/** How long a history is kept beyond the allowed lateness: the 24 hours a verdict looks back, and slack for trimming. */
const HISTORY_HOURS = 24.1;

/** Memory left over at the peak, as a multiple of what the histories take. */
const HISTORY_HEADROOM = 1.3;

const MIB = 1_048_576;

/** Memory that the histories need when the peak lasts all day, MiB. */
export function historyMib(transactionsPerMinute: number, allowedLatenessMinutes: number): number {
  const transactions = transactionsPerMinute * (60 * HISTORY_HOURS + allowedLatenessMinutes);
  return Math.ceil((transactions * HISTORY_BYTES_PER_TRANSACTION * HISTORY_HEADROOM) / MIB);
}

/**
 * Memory a node leaves for data, MiB.
 *
 * @throws RangeError for a node type that is not in `CACHE_NODE_TYPES`.
 */
export function usableMib(nodeType: string): number {
  const { maxMemoryMib, reservedPercent } = cacheNode(nodeType);
  return Math.floor((maxMemoryMib * (100 - reservedPercent)) / 100);
}

/**
 * Value of `reserved-memory-percent` for a node type.
 *
 * @throws RangeError for a node type that is not in `CACHE_NODE_TYPES`.
 */
export function reservedMemoryPercent(nodeType: string): number {
  return cacheNode(nodeType).reservedPercent;
}

function cacheNode(nodeType: string): CacheNode {
  const node = CACHE_NODES[nodeType];
  if (node === undefined) throw new RangeError(`the memory of ${nodeType} is not known`);
  return node;
}

/**
 * Why a node type cannot hold 24 hours of history, and what arrives late, at the peak, and what can; undefined when it
 * does.
 *
 * `noeviction` makes a full cache refuse writes, so the memory has to be there beforehand.
 */
export function cacheProblem(
  nodeType: string,
  transactionsPerMinute: number,
  allowedLatenessMinutes: number,
): string | undefined {
  const needed = historyMib(transactionsPerMinute, allowedLatenessMinutes);
  if (usableMib(nodeType) >= needed) return undefined;
  const enough = CACHE_NODE_TYPES.find((candidate) => usableMib(candidate) >= needed);
  const fix = enough ? `choose ${enough}` : `no single node holds that: lower the peak`;
  return (
    `is ${nodeType} with ${usableMib(nodeType)} MiB for data, and 24 hours and ${allowedLatenessMinutes} minutes ` +
    `at ${transactionsPerMinute} transactions a minute need ${needed} MiB: ${fix}`
  );
}
