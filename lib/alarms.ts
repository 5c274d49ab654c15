import type * as pulumi from '@pulumi/pulumi';
import { type Alarm, AT_ONCE, FIVE_MINUTES, LASTING, MINUTE } from './alarm';
import { archiveAlarms, type WatchedArchive } from './archive-alarms';
import { METRICS_NAMESPACE } from './function';
import { ingestAlarms, type WatchedIngest } from './ingest-alarms';
import { operationsAlarms, type WatchedOperations } from './operations-alarms';

/** What the alarms watch. */
export interface Watched {
  streamName: pulumi.Input<string>;
  processorFunctionName: pulumi.Input<string>;
  eventSourceMappingId: pulumi.Input<string>;
  publisherFunctionName: pulumi.Input<string>;
  operations: WatchedOperations;
  /** The nodes of the cache, by cluster id. */
  cacheNodeIds: pulumi.Input<string>[];
  dbInstanceIdentifier: pulumi.Input<string>;
  /** Storage of the database at first, GiB. */
  databaseStorageGib: number;
  peakTransactionsPerMinute: number;
  /** Where there is one. */
  archive?: WatchedArchive;
  ingest?: WatchedIngest;
}

/** Verdicts later than this are worth less: the goods may have been sent. */
const ITERATOR_AGE_LIMIT_MS = 60_000;

/** Share of all records that may be malformed before a producer is taken to be broken. */
const QUARANTINED_SHARE = 0.01;

/** Alerts that leave later than this may find the goods sent. */
const ALERT_AGE_LIMIT_SECONDS = 300;

/** Writes fail at 100: this leaves time to choose a larger node. */
const CACHE_MEMORY_LIMIT_PERCENT = 75;

const CPU_LIMIT_PERCENT = 80;

/** A failover loses what the replica has not seen. */
const CACHE_LAG_LIMIT_SECONDS = 10;

const DATABASE_LAG_LIMIT_SECONDS = 60;

/** Share of the storage below which autoscaling should have stepped in (it does at a tenth). */
const FREE_STORAGE_SHARE = 0.1;

/**
 * Four fifths of the connections that PostgreSQL on RDS takes with 2 GiB of memory: that divided by 9,531,392 bytes, less
 * what RDS keeps for itself.
 */
const DATABASE_CONNECTIONS_LIMIT = 150;

const GIB = 2 ** 30;

/** Every alarm of the stack. */
export function alarms(watched: Watched): Alarm[] {
  const nodes = watched.cacheNodeIds.flatMap((id, index) => cacheAlarms(id, index + 1));
  return [
    ...streamAlarms(watched),
    ...processorAlarms(watched),
    ...publisherAlarms(watched),
    ...operationsAlarms(watched.operations),
    ...(watched.archive ? archiveAlarms(watched.archive) : []),
    ...(watched.ingest ? ingestAlarms(watched.ingest) : []),
    ...nodes,
    ...databaseAlarms(watched),
  ];
}

function streamAlarms({ streamName }: Watched): Alarm[] {
  const stream = { namespace: 'AWS/Kinesis', dimensions: { StreamName: streamName } };
  return [
    {
      ...stream,
      ...AT_ONCE,
      purpose: 'stream-write-throttling',
      description: 'Producers are refused: add shards, or look for a customer with a large share of all traffic.',
      metricName: 'WriteProvisionedThroughputExceeded',
    },
    {
      ...stream,
      ...AT_ONCE,
      purpose: 'stream-read-throttling',
      description: 'Readers of the stream are refused: look for one beside processor and archive, or add shards.',
      metricName: 'ReadProvisionedThroughputExceeded',
    },
    {
      ...stream,
      purpose: 'no-traffic',
      description: 'No transaction has arrived for 15 minutes: look at the producers.',
      metricName: 'IncomingRecords',
      statistic: 'Sum',
      period: FIVE_MINUTES,
      evaluationPeriods: 3,
      comparisonOperator: 'LessThanThreshold',
      threshold: 1,
      treatMissingData: 'breaching',
    },
  ];
}

function processorAlarms(watched: Watched): Alarm[] {
  const { processorFunctionName, eventSourceMappingId, peakTransactionsPerMinute } = watched;
  const lambda = { namespace: 'AWS/Lambda', dimensions: { FunctionName: processorFunctionName } };
  return [
    {
      ...lambda,
      ...LASTING,
      purpose: 'iterator-age',
      description: 'Verdicts are more than a minute behind: look at errors and duration of the processor.',
      metricName: 'IteratorAge',
      statistic: 'Maximum',
      threshold: ITERATOR_AGE_LIMIT_MS,
    },
    {
      ...lambda,
      ...AT_ONCE,
      purpose: 'processor-errors',
      description: 'Batches fail and are retried: see whether the cache or the database is away.',
      metricName: 'Errors',
    },
    {
      ...lambda,
      ...AT_ONCE,
      purpose: 'processor-throttles',
      description: "The account's concurrency is used up: raise it, or find the function that takes it.",
      metricName: 'Throttles',
    },
    {
      ...AT_ONCE,
      namespace: 'AWS/Lambda',
      dimensions: { EventSourceMappingUUID: eventSourceMappingId },
      purpose: 'failed-records',
      description: 'Records were given up on and lie in the failed-record bucket: put them on the stream again.',
      metricName: 'OnFailureDestinationDeliveredEventCount',
    },
    {
      ...lambda,
      ...AT_ONCE,
      purpose: 'failed-record-delivery',
      description: 'Records could not be written to the failed-record bucket and are lost once the stream drops them.',
      metricName: 'DestinationDeliveryFailures',
    },
    {
      ...AT_ONCE,
      namespace: METRICS_NAMESPACE,
      dimensions: { service: processorFunctionName },
      purpose: 'quarantined-records',
      description: 'More than one record in a hundred is malformed: the reasons are in the quarantine table.',
      metricName: 'QuarantinedRecords',
      period: FIVE_MINUTES,
      threshold: Math.ceil(peakTransactionsPerMinute * (FIVE_MINUTES / MINUTE) * QUARANTINED_SHARE),
    },
    {
      ...AT_ONCE,
      namespace: METRICS_NAMESPACE,
      dimensions: { service: processorFunctionName },
      purpose: 'incomplete-history',
      description:
        'Verdicts have rested on less than 24 hours for half an hour: see why the histories are not rebuilt.',
      metricName: 'IncompleteVerdicts',
      period: FIVE_MINUTES,
      evaluationPeriods: 6,
    },
  ];
}

function publisherAlarms({ publisherFunctionName }: Watched): Alarm[] {
  return [
    {
      ...AT_ONCE,
      namespace: 'AWS/Lambda',
      dimensions: { FunctionName: publisherFunctionName },
      purpose: 'publisher-errors',
      description: 'Alerts wait in the outbox: see whether the database or the topic refuses the publisher.',
      metricName: 'Errors',
    },
    {
      // Every run of the publisher reports this one, so that silence means it does not run.
      namespace: METRICS_NAMESPACE,
      dimensions: { service: publisherFunctionName },
      purpose: 'unpublished-alerts',
      description: 'An alert has waited for more than five minutes, or nobody publishes: see the log of the publisher.',
      metricName: 'OldestAlertSeconds',
      statistic: 'Maximum',
      period: FIVE_MINUTES,
      evaluationPeriods: 1,
      comparisonOperator: 'GreaterThanThreshold',
      threshold: ALERT_AGE_LIMIT_SECONDS,
      treatMissingData: 'breaching',
    },
  ];
}

function cacheAlarms(cacheClusterId: pulumi.Input<string>, node: number): Alarm[] {
  const cache = { node, namespace: 'AWS/ElastiCache', dimensions: { CacheClusterId: cacheClusterId } };
  return [
    {
      ...cache,
      ...LASTING,
      purpose: 'cache-memory',
      description: 'The cache fills up and refuses writes when full: choose a larger node type.',
      metricName: 'DatabaseMemoryUsagePercentage',
      statistic: 'Maximum',
      threshold: CACHE_MEMORY_LIMIT_PERCENT,
    },
    {
      ...cache,
      ...AT_ONCE,
      purpose: 'cache-evictions',
      description: 'Histories were evicted, which noeviction rules out: look at the parameter group.',
      metricName: 'Evictions',
    },
    {
      ...cache,
      ...LASTING,
      purpose: 'cache-cpu',
      description: "The engine's one thread is nearly busy: choose a larger node type.",
      metricName: 'EngineCPUUtilization',
      statistic: 'Average',
      threshold: CPU_LIMIT_PERCENT,
    },
    {
      ...cache,
      ...LASTING,
      purpose: 'cache-replication-lag',
      description: 'A replica is behind, and a failover now would lose history: look at CPU and network of the nodes.',
      metricName: 'ReplicationLag',
      statistic: 'Maximum',
      threshold: CACHE_LAG_LIMIT_SECONDS,
    },
  ];
}

function databaseAlarms({ dbInstanceIdentifier, databaseStorageGib }: Watched): Alarm[] {
  const database = { namespace: 'AWS/RDS', dimensions: { DBInstanceIdentifier: dbInstanceIdentifier } };
  return [
    {
      ...database,
      ...LASTING,
      purpose: 'database-cpu',
      description: 'The database is nearly busy: see Database Insights for the statements, or choose a larger class.',
      metricName: 'CPUUtilization',
      statistic: 'Average',
      threshold: CPU_LIMIT_PERCENT,
    },
    {
      ...database,
      ...LASTING,
      purpose: 'database-storage',
      description: 'Storage runs out: raise databaseMaxStorageGib, or archive old days.',
      metricName: 'FreeStorageSpace',
      statistic: 'Minimum',
      comparisonOperator: 'LessThanThreshold',
      threshold: Math.floor(databaseStorageGib * GIB * FREE_STORAGE_SHARE),
    },
    {
      ...database,
      ...LASTING,
      purpose: 'database-connections',
      description: 'Connections run out: look for functions that do not reuse theirs, or choose a larger class.',
      metricName: 'DatabaseConnections',
      statistic: 'Maximum',
      threshold: DATABASE_CONNECTIONS_LIMIT,
    },
    {
      ...database,
      ...LASTING,
      purpose: 'database-replica-lag',
      description:
        'The database is behind its source. Reported only while it is a read replica, as in a move between regions.',
      metricName: 'ReplicaLag',
      statistic: 'Maximum',
      threshold: DATABASE_LAG_LIMIT_SECONDS,
    },
  ];
}
