/** Longest physical name each AWS service accepts, in characters. */
const LIMITS = {
  apigateway: 255,
  budgets: 100,
  cloudtrail: 128,
  cloudwatch: 255,
  ec2: 255,
  events: 64,
  firehose: 64,
  iam: 64,
  kinesis: 128,
  kms: 249, // an alias has 256, `alias/` included
  lambda: 64,
  rds: 63,
  redis: 40, // replication groups, users and user groups of ElastiCache alike
  s3: 63,
  sns: 256,
} as const;

export type Service = keyof typeof LIMITS;

/** What precedes the environment suffix. */
const PREFIXES = {
  vpc: 'ec2-main',
  flowLogsRole: 'iam-flow-logs',
  privateSubnet: 'ec2-private',
  publicSubnet: 'ec2-public',
  internetGateway: 'ec2-internet',
  natGateway: 'ec2-nat',
  endpointsSecurityGroup: 'ec2-endpoints',
  cacheSecurityGroup: 'ec2-cache',
  databaseSecurityGroup: 'ec2-database',
  processorSecurityGroup: 'ec2-processor',
  operationsSecurityGroup: 'ec2-operations',
  publisherSecurityGroup: 'ec2-publisher',
  archiverSecurityGroup: 'ec2-archiver',
  dataKey: 'kms-data',
  monitoringKey: 'kms-monitoring',
  stream: 'kinesis-transactions',
  producerRole: 'iam-producer',
  cache: 'redis-history',
  cacheProcessorUser: 'redis-processor',
  cacheOperatorUser: 'redis-operator',
  cacheDefaultUser: 'redis-default',
  cacheUserGroup: 'redis-users',
  cacheSubnetGroup: 'redis-subnets',
  database: 'rds-transactions',
  databaseSubnetGroup: 'rds-subnets',
  databaseMonitoringRole: 'iam-rds-monitoring',
  processor: 'lambda-processor',
  processorRole: 'iam-processor',
  operations: 'lambda-operations',
  operationsRole: 'iam-operations',
  operatorRole: 'iam-operator',
  approverRole: 'iam-approver',
  rebuildRule: 'events-rebuild',
  verifyChainRule: 'events-verify-chain',
  merchantsAtRiskRule: 'events-merchants-at-risk',
  publisher: 'lambda-publisher',
  publisherRole: 'iam-publisher',
  publishRule: 'events-publish',
  alertTopic: 'sns-alerts',
  archive: 'firehose-archive',
  archiveRole: 'iam-archive',
  archiver: 'lambda-archiver',
  archiverRole: 'iam-archiver',
  ingest: 'apigateway-ingest',
  ingestRole: 'iam-ingest',
  ingestAccessLog: 'apigateway-access',
  ingestUsagePlan: 'apigateway-quota',
  ingestApiKey: 'apigateway-producers',
  ingestEndpointSecurityGroup: 'ec2-ingest',
  producersSecurityGroup: 'ec2-producers',
  alarmTopic: 'sns-alarms',
  dashboard: 'cloudwatch-transactions',
  keyEventsRule: 'events-keys',
  trailEventsRule: 'events-trail',
  budget: 'budgets-monthly',
  auditTrail: 'cloudtrail-audit',
} as const satisfies Record<string, `${Service}-${string}`>;

/** The same of buckets, whose names are global: the digits of the account follow. */
const BUCKET_PREFIXES = {
  failedRecords: 's3-failed-records',
  archive: 's3-archive',
  accessLogs: 's3-access-logs',
  auditTrail: 's3-audit-trail',
} as const;

export type NameKey = keyof typeof PREFIXES;
export type BucketKey = keyof typeof BUCKET_PREFIXES;

const ACCOUNT_DIGITS = 12;

/** Purpose of every alarm, the middle part of its name. */
export const ALARM_PURPOSES = [
  'iterator-age',
  'stream-write-throttling',
  'stream-read-throttling',
  'no-traffic',
  'processor-errors',
  'processor-throttles',
  'failed-records',
  'failed-record-delivery',
  'quarantined-records',
  'incomplete-history',
  'publisher-errors',
  'unpublished-alerts',
  'audit-chain',
  'merchant-fraud',
  'archive-freshness',
  'archive-delivery',
  'archive-read-throttling',
  'archive-transformation',
  'archiver-errors',
  'archiver-throttles',
  'ingest-refusals',
  'ingest-throttles',
  'ingest-errors',
  'ingest-latency',
  'cache-memory',
  'cache-evictions',
  'cache-cpu',
  'cache-replication-lag',
  'database-cpu',
  'database-storage',
  'database-connections',
  'database-replica-lag',
] as const;

export type AlarmPurpose = (typeof ALARM_PURPOSES)[number];

/** Thrown for a suffix that some service would refuse in a name. */
export class NameError extends Error {
  override name = 'NameError';
}

const SUFFIX = /^[a-z0-9]+(-[a-z0-9]+)*$/;

interface Tightest {
  /** Name with the suffix left open, such as `redis-processor-<suffix>`. */
  pattern: string;
  /** Longest name the service accepts, characters. */
  limit: number;
  /** Longest suffix that leaves, characters. */
  longestSuffix: number;
}

/** The name that leaves the least room for a suffix. */
export function tightestName(): Tightest {
  const patterns = [
    ...Object.values(PREFIXES),
    ...Object.values(BUCKET_PREFIXES).map((prefix) => `${prefix}-<account>`),
  ];
  const room = patterns.map((prefix): Tightest => {
    const limit = LIMITS[prefix.split('-')[0] as Service];
    const fixed = prefix.replace('<account>', '0'.repeat(ACCOUNT_DIGITS)).length + 1;
    return { pattern: `${prefix}-<suffix>`, limit, longestSuffix: limit - fixed };
  });
  return room.reduce((a, b) => (b.longestSuffix < a.longestSuffix ? b : a));
}

/**
 * Refuses a suffix that would break a name, instead of cutting it: two environments must never end up with one name.
 *
 * @throws NameError when the suffix is empty, too long, or holds anything but lower-case letters, digits and single
 * hyphens between them.
 */
export function checkSuffix(suffix: string): void {
  if (!SUFFIX.test(suffix)) {
    throw new NameError(
      `"${suffix}" cannot end a resource name: use lower-case letters, digits and single hyphens between them`,
    );
  }
  const { pattern, limit, longestSuffix } = tightestName();
  if (suffix.length > longestSuffix) {
    throw new NameError(
      `"${suffix}" has ${suffix.length} characters, and ${pattern} leaves it ${longestSuffix} of ${limit}: choose a shorter one`,
    );
  }
}

/** Every physical name of one environment, `{service}-{purpose}-{suffix}`. */
export class Names {
  /**
   * @param suffix names the environment; unique in an account, whatever the region, for IAM names are global.
   * @throws NameError as `checkSuffix`.
   */
  constructor(readonly suffix: string) {
    checkSuffix(suffix);
  }

  of(key: NameKey): string {
    return `${PREFIXES[key]}-${this.suffix}`;
  }

  /** Whether a path of names, such as that of a log group, holds one of these; buckets and alarms are no part of that. */
  owns(path: string): boolean {
    const own = Object.keys(PREFIXES).map((key) => this.of(key as NameKey));
    return path.split('/').some((name) => own.includes(name));
  }

  bucket(key: BucketKey, accountId: string): string {
    return `${BUCKET_PREFIXES[key]}-${accountId}-${this.suffix}`;
  }

  /** @param node number of the cache node, from 1, for alarms that watch a single node. */
  alarm(purpose: AlarmPurpose, node?: number): string {
    return ['cloudwatch', purpose, node, this.suffix].filter((part) => part !== undefined).join('-');
  }

  /** A parameter group is replaced with its family while its user runs, so the family is part of the name. */
  parameterGroup(key: 'cache' | 'database', family: string): string {
    return `${PREFIXES[key]}-${family}-${this.suffix}`;
  }

  /** The log groups, under the names the services write to by themselves. */
  get logGroups() {
    return {
      processor: `/aws/lambda/${this.of('processor')}`,
      operations: `/aws/lambda/${this.of('operations')}`,
      publisher: `/aws/lambda/${this.of('publisher')}`,
      archiver: `/aws/lambda/${this.of('archiver')}`,
      archive: `/aws/kinesisfirehose/${this.of('archive')}`,
      ingest: `/aws/apigateway/${this.of('ingestAccessLog')}`,
      databasePostgresql: `/aws/rds/instance/${this.of('database')}/postgresql`,
      databaseUpgrade: `/aws/rds/instance/${this.of('database')}/upgrade`,
      databaseSignInErrors: `/aws/rds/instance/${this.of('database')}/iam-db-auth-error`,
      cacheSlowLog: `/aws/elasticache/${this.of('cache')}/slow-log`,
      cacheEngineLog: `/aws/elasticache/${this.of('cache')}/engine-log`,
      flowLogs: `/aws/vpc/${this.of('vpc')}/flow-logs`,
    };
  }
}
