import type * as pulumi from '@pulumi/pulumi';
import type { AlarmPurpose } from './naming';
import { METRICS_NAMESPACE } from './processor';

/** What the alarms watch. */
export interface Watched {
  streamName: pulumi.Input<string>;
  processorFunctionName: pulumi.Input<string>;
  eventSourceMappingId: pulumi.Input<string>;
  /** The nodes of the cache, by cluster id. */
  cacheNodeIds: pulumi.Input<string>[];
  dbInstanceIdentifier: pulumi.Input<string>;
  /** Storage of the database at first, GiB. */
  databaseStorageGib: number;
  peakTransactionsPerMinute: number;
}

export interface Alarm {
  purpose: AlarmPurpose;
  /** Number of the cache node, from 1, where the alarm watches one. */
  node?: number;
  /** What has happened, and where to look. */
  description: string;
  namespace: string;
  metricName: string;
  dimensions: Record<string, pulumi.Input<string>>;
  statistic: 'Average' | 'Maximum' | 'Minimum' | 'Sum';
  /** Seconds. */
  period: number;
  evaluationPeriods: number;
  comparisonOperator: 'GreaterThanThreshold' | 'LessThanThreshold';
  /** In the metric's own unit. */
  threshold: number;
  /** Whether a metric that is not reported means trouble. */
  treatMissingData: 'notBreaching' | 'breaching';
}

const MINUTE = 60;
const FIVE_MINUTES = 300;

/** Verdicts later than this are worth less: the goods may have been sent. */
const ITERATOR_AGE_LIMIT_MS = 60_000;

/** Share of all records that may be malformed before a producer is taken to be broken. */
const QUARANTINED_SHARE = 0.01;

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

type Common = Pick<Alarm, 'period' | 'evaluationPeriods' | 'comparisonOperator' | 'treatMissingData'>;

/** Anything at all in one minute. */
const AT_ONCE: Common & { statistic: 'Sum'; threshold: number } = {
  statistic: 'Sum',
  threshold: 0,
  period: MINUTE,
  evaluationPeriods: 1,
  comparisonOperator: 'GreaterThanThreshold',
  treatMissingData: 'notBreaching',
};

/** Five minutes on end. */
const LASTING: Common = {
  period: MINUTE,
  evaluationPeriods: 5,
  comparisonOperator: 'GreaterThanThreshold',
  treatMissingData: 'notBreaching',
};

/** Every alarm of the stack. */
export function alarms(watched: Watched): Alarm[] {
  const nodes = watched.cacheNodeIds.flatMap((id, index) => cacheAlarms(id, index + 1));
  return [...streamAlarms(watched), ...processorAlarms(watched), ...nodes, ...databaseAlarms(watched)];
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
      description: 'Readers of the stream are refused: look for a second reader, or add shards.',
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
