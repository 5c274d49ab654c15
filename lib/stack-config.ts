import type { FunctionMember } from './flows';

/**
 * Everything that may differ between two environments. Each field is the setting of the same name (`pulumi config set
 * tap-stack:<name> <value>`) unless its comment says otherwise.
 */
export interface StackConfig {
  /** Ends every physical name. @default `ENVIRONMENT_SUFFIX` of the environment, then the stack's name */
  environmentSuffix: string;
  /** AWS region. @default `aws:region`, then ap-northeast-1 */
  region: string;
  /** The only account the provider may touch. @default any */
  allowedAccountId?: string;
  /**
   * Whether the environment may be thrown away: no deletion protection, no `protect`, no final snapshot, buckets emptied
   * by destroy, shortest key deletion window, one day of backups. @default false
   */
  ephemeral: boolean;
  /** Value of the CostCenter tag. @default payments */
  costCenter: string;
  /** Value of the DataClassification tag. @default confidential */
  dataClassification: string;

  /** Private range of the VPC, /16 to /24; each zone's subnet takes a sixteenth. @default 10.0.0.0/16 */
  networkRange: string;
  /** Number of zones with a private subnet, 2 to 6. @default 3 */
  zoneCount: number;
  /** Names of exactly `zoneCount` zones to use. @default the first ones available to the account */
  availabilityZones: string[];
  /**
   * Zones with an interface endpoint, 1 to `zoneCount`. Functions in the others reach it across zones, and not at all while
   * its last zone is away. @default zoneCount
   */
  endpointZoneCount: number;
  /**
   * Whether there is a public subnet in each zone, with a route to an internet gateway, for workloads beside the stack. Nothing of
   * the stack but NAT gateways lies there. @default false
   */
  publicSubnets: boolean;
  /**
   * NAT gateways in the public subnets, through which the private ones reach the internet: none, one for all zones, which they lose
   * together with its own, or one in each. @default none
   */
  natGateways: 'none' | 'one' | 'perZone';
  /** Functions that may use them, for HTTPS to anywhere. @default none */
  egressFunctions: FunctionMember[];

  /** Peak load that shards and cache are sized for, 1 to 1,000,000. @default 1000 */
  peakTransactionsPerMinute: number;
  /** Mean size of a record with its partition key, bytes, 100 to 16,384. @default 1024 */
  recordBytes: number;

  /** How the stream's capacity is set. @default PROVISIONED */
  streamMode: 'PROVISIONED' | 'ON_DEMAND';
  /** Shards, 1 to 1,000; none with ON_DEMAND. @default computed from the peak */
  shardCount?: number;
  /** How long the stream keeps a record, hours, 24 to 8,760. @default 24 */
  streamRetentionHours: number;
  /**
   * ARNs of the IAM principals that may assume the producer role.
   * @default any of the account whose own policy allows it
   */
  producerPrincipals: string[];

  /**
   * Engine of the cache: redis 7.1 or valkey 8.1. A user group never changes its own, so choose before the first `up`.
   * @default redis
   */
  cacheEngine: 'redis' | 'valkey';
  /** Cache node type; must hold 24 hours of history at the peak. @default cache.t4g.small */
  cacheNodeType: string;
  /** Cache nodes, 1 to 6: one primary and its replicas, in different zones; 1 only if ephemeral. @default 2 */
  cacheNodeCount: number;

  /** Database instance class; IAM sign-in takes up to 1,000 MiB, too much for a micro. @default db.t4g.medium */
  databaseClass: string;
  /** Storage at first, GiB, 20 to 399: above that gp3 changes its baseline. @default 100 */
  databaseStorageGib: number;
  /** Storage the database may grow to, GiB, at least a tenth more than at first, at most 65,536. @default 500 */
  databaseMaxStorageGib: number;
  /**
   * Major version of PostgreSQL: raising it upgrades the database at once; minor versions follow by themselves.
   * @default 17
   */
  databaseEngineMajor: '16' | '17' | '18';
  /** Whether a standby runs in a second zone. @default true */
  databaseMultiAz: boolean;
  /** Name of the existing Secrets Manager entry with the master credentials. @default rds-credentials-<suffix> */
  dbSecretName: string;
  /** ARN of the customer-managed key that encrypts that entry. @default none: the account's aws/secretsmanager key */
  dbSecretKeyArn?: string;

  /** How long after others of its time a transaction may arrive and still count in full, minutes, 0 to 1,440. @default 60 */
  allowedLatenessMinutes: number;
  /** Records in a batch at most, 1 to 10,000. @default 500 */
  batchSize: number;
  /** How long a batch may gather beyond the second at which Lambda reads a shard, seconds, 0 to 300. @default 0 */
  batchingWindowSeconds: number;
  /** Batches of one shard in work at a time, 1 to 10. @default 2 */
  parallelizationFactor: number;
  /** Attempts after the first before a record goes to the failed-record bucket, 0 to 10,000. @default 1000 */
  maxRetryAttempts: number;
  /** Age at which a record goes there, seconds, 60 to 604,800, within the stream's retention. @default 21600 */
  maxRecordAgeSeconds: number;
  /** Memory of the stream's function, MiB, 256 to 10,240. @default 1024 */
  processorMemoryMib: number;
  /** Memory of the operations function, MiB, 256 to 10,240. @default 2048 */
  operationsMemoryMib: number;
  /** Rule-set file to deploy; relative to the project. @default processor/rules/rule-set.json */
  ruleSetFile: string;
  /**
   * ARNs of the IAM principals that may assume the operator role.
   * @default any of the account whose own policy allows it
   */
  operatorPrincipals: string[];
  /**
   * ARNs of the IAM principals that may assume the approver role, none of them an operator.
   * @default any of the account whose own policy allows it
   */
  approverPrincipals: string[];

  /** Whether what arrives is archived in S3. It costs next to nothing where little does. @default true */
  archive: boolean;
  /** How long an object of the archive may gather, seconds, 60 to 900. @default 300 */
  archiveBufferSeconds: number;
  /** How large it may become before it is compressed, MiB, 64 to 128. @default 64 */
  archiveBufferMib: number;
  /** Age at which it moves to a cheaper storage class, days, 1 to 3,650; never where ephemeral. @default 90 */
  archiveColdDays: number;
  /** Age at which it expires, days, 90 to 36,500; never where ephemeral. @default 2557, seven years */
  archiveRetentionDays: number;
  /**
   * How long it cannot be changed or deleted but by who may bypass governance, days, 0 to 36,500; not at all where
   * ephemeral. @default 365
   */
  archiveLockDays: number;

  /** Whether producers may also send over HTTPS, and from where: from VPCs, or from anywhere. @default none */
  ingest: 'none' | 'private' | 'public';
  /** Requests a second of all producers together, 1 to 10,000; twice as many at once. @default 100 */
  ingestRequestsPerSecond: number;
  /** Requests a day with one API key, which producers then need, 1 to 1,000,000,000. @default none, and no key */
  ingestDailyQuota?: number;
  /**
   * Interface endpoints for execute-api, of any VPC, that a private ingest is reached through.
   * @default one that the stack makes in its own VPC
   */
  ingestVpcEndpointIds: string[];
  /** ARN of the web ACL (AWS WAF) before a public ingest. @default none */
  ingestWebAclArn?: string;

  /** How long operational logs are kept, days, of CloudWatch's periods. @default 30 */
  logRetentionDays: number;
  /** How long audit events are kept, days, of CloudWatch's periods, 365 or more (PCI DSS 10.5.1). @default 365 */
  auditLogRetentionDays: number;
  /** Share of 500,000 yen at which a merchant's confirmed fraud is told, percent, 1 to 100. @default 80 */
  fraudWarningPercent: number;
  /**
   * What CloudTrail records for this environment: nothing; `data`, who reads and writes the objects of archive and failed records and
   * who asks the operations function; `all`, the management events of the account as well, use of keys among them, for an
   * account that has no trail of its own. @default none
   */
  auditTrail: 'none' | 'data' | 'all';
  /** Address that is mailed when an alarm goes off; AWS asks it to confirm. @default none */
  alarmEmail?: string;
  /** What the environment may cost a month, USD, 1 to 1,000,000; the alarm topic is told before. @default none */
  monthlyBudgetUsd?: number;
}
