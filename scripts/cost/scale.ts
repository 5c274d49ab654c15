import { historyMib, shardsFor, usableMib } from '../../lib/sizing';
import { evaluateGraph, type Resource } from '../graph';
import { USAGE } from './usage';

const CACHE = 'aws:elasticache/replicationGroup:ReplicationGroup';
const DATABASE = 'aws:rds/instance:Instance';

/** Histories parted over nodes of this size, which the stack's configuration does not offer, and a database of this one. */
const CACHE_NODE_TYPE = 'cache.r7g.4xlarge';
const CACHE_NODES_A_SHARD = 2;
const DATABASE_CLASS = 'db.m7g.8xlarge';

/** Shards of the cache that hold the histories of such a load, an hour of lateness included. */
export function cacheShards(transactionsPerMinute: number): number {
  return Math.ceil(historyMib(transactionsPerMinute, 60) / usableMib(CACHE_NODE_TYPE));
}

/**
 * The graph of a design for 10,000 transactions a second: the stack as it is, with as many shards as the stream then needs,
 * and in place of cache and database what would hold the load. The configuration cannot deploy it: histories on more than
 * one shard take a cache in cluster mode.
 *
 * @param settings of the environment that it starts from
 */
export async function scaleGraph(settings: Record<string, string>): Promise<Resource[]> {
  const { transactionsPerMinute, recordBytes } = USAGE.scale;
  const resources = await evaluateGraph(settings, {
    change: (config) => ({
      ...config,
      peakTransactionsPerMinute: transactionsPerMinute,
      shardCount: shardsFor({ transactionsPerMinute, recordBytes }),
    }),
  });
  const instead: Record<string, Record<string, unknown>> = {
    [CACHE]: {
      engine: 'valkey',
      nodeType: CACHE_NODE_TYPE,
      numCacheClusters: cacheShards(transactionsPerMinute) * CACHE_NODES_A_SHARD,
    },
    [DATABASE]: { instanceClass: DATABASE_CLASS },
  };
  return resources.map((resource) => ({ ...resource, inputs: { ...resource.inputs, ...instead[resource.type] } }));
}
