import type { Resource } from '../graph';
import type { Item } from './bill';
import { MONTH_HOURS, transactionsOf, type Usage } from './usage';

type Pricer = (resource: Resource, usage: Usage, all: readonly Resource[]) => Item[];

const FUNCTION = 'aws:lambda/function:Function';
const DELIVERY = 'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream';
const NAT = 'aws:ec2/natGateway:NatGateway';

const MILLION = 1e6;
const GB = 1e9;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Kinesis counts a put in units of 25 KB, Firehose a record in steps of 5 KB. */
const PUT_UNIT_BYTES = 25 * 1_024;
const FIREHOSE_STEP_BYTES = 5 * 1_024;

/** Hours that are kept without extra charge. */
const FREE_RETENTION_HOURS = 24;

/** Share of its size that a log takes when kept, and a transaction in the archive: both are compressed. */
const KEPT_SHARE = 0.15;

/** Metrics that the functions write to their logs. */
const METRICS: Record<string, number> = { processor: 11, publisher: 3, operations: 3, archiver: 4 };

const PUBLISHES_A_HOUR = 60;
/** Rebuilds, checks of the audit chain, sums of confirmed fraud. */
const OPERATIONS_A_HOUR = 4 + 1 + 1;
const SHORT_RUN_SECONDS = 0.2;

/** What a function that nothing is known about is taken to do: run once a minute for a second. */
const UNKNOWN_RUNS_AN_HOUR = 60;
const UNKNOWN_RUN_SECONDS = 1;

/** Requests of services and functions to a key: one about every five minutes from each of some twenty callers. */
const KEY_REQUESTS_AN_HOUR = 20 * 12;

/** A line of the ingest's access log, bytes. */
const ACCESS_LOG_BYTES = 700;

/** What other log groups take in: little is logged while all is well. */
const QUIET_LOG_GB = 0.05;

const month = ({ hours }: Usage) => hours / MONTH_HOURS;

const stream: Pricer = ({ inputs }, usage) => {
  const { streamModeDetails, shardCount, retentionPeriod, shardLevelMetrics = [] } = inputs;
  const gigabytes = (transactionsOf(usage) * usage.recordBytes) / GB;
  if (streamModeDetails?.streamMode === 'ON_DEMAND') {
    return [
      { what: 'stream', price: 'kinesis.onDemandStream', quantity: usage.hours },
      { what: 'data in', price: 'kinesis.onDemandIn', quantity: gigabytes },
      { what: 'data out', price: 'kinesis.onDemandOut', quantity: gigabytes },
    ];
  }
  const units = transactionsOf(usage) * Math.ceil(usage.recordBytes / PUT_UNIT_BYTES);
  const extended = retentionPeriod > FREE_RETENTION_HOURS ? shardCount * usage.hours : 0;
  return [
    { what: 'shards', price: 'kinesis.shard', quantity: shardCount * usage.hours },
    { what: 'puts', price: 'kinesis.putUnit', quantity: units / MILLION },
    { what: 'retention above a day', price: 'kinesis.extendedRetention', quantity: extended },
    {
      what: 'shard metrics',
      price: 'cloudwatch.metric',
      quantity: shardLevelMetrics.length * shardCount * month(usage),
    },
  ];
};

const cache: Pricer = ({ inputs }, { hours }) => [
  {
    what: `${inputs.numCacheClusters} x ${inputs.nodeType}`,
    price: `elasticache.${inputs.engine}.${inputs.nodeType}`,
    quantity: inputs.numCacheClusters * hours,
  },
];

const database: Pricer = ({ inputs }, usage) => {
  const copies = inputs.multiAz ? 2 : 1;
  const keptGib = (usage.transactionsPerMinute * 60 * 24 * usage.keptDays * usage.databaseBytes) / GIB;
  const grown = Math.max(0, keptGib - inputs.allocatedStorage);
  return [
    {
      what: `${inputs.instanceClass}${inputs.multiAz ? ' and standby' : ''}`,
      price: `rds.${inputs.instanceClass}`,
      quantity: copies * usage.hours,
    },
    { what: 'storage at first', price: 'rds.gp3', quantity: copies * inputs.allocatedStorage * month(usage) },
    { what: `storage for ${usage.keptDays} days more`, price: 'rds.gp3', quantity: copies * grown * month(usage) },
  ];
};

const endpoint: Pricer = ({ inputs }, { hours }) =>
  inputs.vpcEndpointType === 'Interface'
    ? [
        {
          what: `${String(inputs.serviceName).split('.').at(-1)}, zones: ${inputs.subnetIds.length}`,
          price: 'vpc.endpoint',
          quantity: inputs.subnetIds.length * hours,
        },
      ]
    : [];

/** The gateways share what goes to the internet. */
const nat: Pricer = (_, usage, all) => [
  { what: 'NAT gateways', price: 'vpc.natGateway', quantity: usage.hours },
  {
    what: 'data through NAT gateways',
    price: 'vpc.natData',
    quantity: (usage.egressGb * month(usage)) / all.filter(({ type }) => type === NAT).length,
  },
];

const deliveryIn = (all: readonly Resource[]) =>
  all.find(({ type }) => type === DELIVERY)?.inputs.extendedS3Configuration;

/** A batch is full, or its time is over; there are never more of them than transactions. */
function batches(usage: Usage, full: number, windows: number): { count: number; seconds: number } {
  const transactions = transactionsOf(usage);
  const count = Math.max(full, Math.min(transactions, windows));
  return { count, seconds: (usage.batchMs + (usage.transactionMs * transactions) / count) / 1_000 };
}

/** Invocations in a month, and how long one takes, seconds. */
function runs({ inputs }: Resource, usage: Usage, all: readonly Resource[]): { count: number; seconds: number } {
  const { hours } = usage;
  switch (memberOf(String(inputs.name))) {
    case 'processor': {
      const { shardCount = 1 } = all.find(({ type }) => type === 'aws:kinesis/stream:Stream')?.inputs ?? {};
      const mapping = all.find(({ type }) => type === 'aws:lambda/eventSourceMapping:EventSourceMapping')?.inputs ?? {};
      const { maximumBatchingWindowInSeconds = 0, parallelizationFactor = 1, batchSize = 100 } = mapping;
      const windows =
        (hours * 3_600 * shardCount * parallelizationFactor) / Math.max(1, maximumBatchingWindowInSeconds);
      return batches(usage, transactionsOf(usage) / batchSize, windows);
    }
    case 'archiver': {
      const [{ parameters }] = deliveryIn(all).processingConfiguration.processors;
      const given = (name: string) =>
        Number(parameters.find((one: Record<string, string>) => one.parameterName === name).parameterValue);
      const full = (transactionsOf(usage) * usage.recordBytes) / (given('BufferSizeInMBs') * MIB);
      return batches(usage, full, (hours * 3_600) / given('BufferIntervalInSeconds'));
    }
    case 'publisher':
      return { count: PUBLISHES_A_HOUR * hours, seconds: SHORT_RUN_SECONDS };
    case 'operations':
      return { count: OPERATIONS_A_HOUR * hours, seconds: SHORT_RUN_SECONDS };
    default:
      return { count: UNKNOWN_RUNS_AN_HOUR * hours, seconds: UNKNOWN_RUN_SECONDS };
  }
}

/** `processor` of `lambda-processor-dev` and of `/aws/lambda/lambda-processor-dev`. */
const memberOf = (name: string) => /lambda-([a-z]+)-/.exec(name)?.[1] ?? '';

const fn: Pricer = (resource, usage, all) => {
  const { count, seconds } = runs(resource, usage, all);
  const member = memberOf(String(resource.inputs.name));
  return [
    { what: `${member}: requests`, price: 'lambda.requests', quantity: count / MILLION },
    {
      what: `${member}: compute`,
      price: 'lambda.armGbSecond',
      quantity: (count * seconds * resource.inputs.memorySize) / 1_024,
    },
    { what: `${member}: metrics`, price: 'cloudwatch.metric', quantity: (METRICS[member] ?? 0) * month(usage) },
  ];
};

/** Requests over HTTPS in a month. */
const requestsOf = (usage: Usage) => transactionsOf(usage) / usage.requestTransactions;

const logGroup: Pricer = ({ inputs }, usage, all) => {
  const written = () => {
    if (String(inputs.name).endsWith('/flow-logs')) return usage.flowLogGb * month(usage);
    if (String(inputs.name).startsWith('/aws/apigateway/')) return (requestsOf(usage) * ACCESS_LOG_BYTES) / GB;
    const owner = all.find(
      ({ type, inputs: { name } }) => type === FUNCTION && String(inputs.name).endsWith(`/${name}`),
    );
    if (owner === undefined) return QUIET_LOG_GB * month(usage);
    return (runs(owner, usage, all).count * usage.logBytes) / GB;
  };
  const gigabytes = written();
  return [
    { what: 'logs taken in', price: 'cloudwatch.logsIn', quantity: gigabytes },
    {
      what: 'logs kept',
      price: 'cloudwatch.logsKept',
      quantity: gigabytes * KEPT_SHARE * ((inputs.retentionInDays * 24) / MONTH_HOURS),
    },
  ];
};

const topic: Pricer = ({ inputs }, usage) =>
  inputs.fifoTopic
    ? [{ what: 'alerts', price: 'sns.fifoPublishes', quantity: (transactionsOf(usage) * usage.alertShare) / MILLION }]
    : [];

/** Objects of the archive: of two kinds, each written when its time is over or it is large enough. */
const objectsOf = ({ bufferingInterval, bufferingSize }: Resource['inputs'], usage: Usage) => {
  const full = (transactionsOf(usage) * usage.recordBytes) / (bufferingSize * MIB);
  return batches(usage, full, (2 * usage.hours * 3_600) / bufferingInterval).count;
};

/** A delivery stream, and what a month of it takes in S3. */
const delivery: Pricer = ({ inputs }, usage) => {
  const transactions = transactionsOf(usage);
  const billed = Math.ceil(usage.recordBytes / FIREHOSE_STEP_BYTES) * FIREHOSE_STEP_BYTES;
  const objects = objectsOf(inputs.extendedS3Configuration, usage) / MILLION;
  return [
    { what: 'delivery', price: 'firehose.ingest', quantity: (transactions * billed) / GB },
    { what: 'parted by kind', price: 'firehose.partition', quantity: (transactions * usage.recordBytes) / GB },
    { what: 'objects parted', price: 'firehose.partitionObjects', quantity: objects },
    { what: 'objects written', price: 's3.puts', quantity: objects },
    {
      what: 'a month of transactions kept',
      price: 's3.standard',
      quantity: (transactions * usage.recordBytes * KEPT_SHARE) / GB,
    },
  ];
};

/** What of a trail can be foreseen: runs of the operations function on schedule, and objects that Firehose writes. */
const trail: Pricer = (_, usage, all) => {
  const archive = deliveryIn(all);
  const objects = archive ? objectsOf(archive, usage) : 0;
  return [
    {
      what: 'data events',
      price: 'cloudtrail.dataEvents',
      quantity: (OPERATIONS_A_HOUR * usage.hours + objects) / MILLION,
    },
  ];
};

/** What costs something, by type. */
export const PRICERS: Record<string, Pricer | undefined> = {
  'aws:kinesis/stream:Stream': stream,
  [DELIVERY]: delivery,
  'aws:cloudtrail/trail:Trail': trail,
  'aws:elasticache/replicationGroup:ReplicationGroup': cache,
  'aws:rds/instance:Instance': database,
  'aws:ec2/vpcEndpoint:VpcEndpoint': endpoint,
  [NAT]: nat,
  'aws:ec2/eip:Eip': (_, { hours }) => [{ what: 'public addresses', price: 'vpc.publicAddress', quantity: hours }],
  'aws:apigateway/restApi:RestApi': (_, usage) => [
    { what: 'requests over HTTPS', price: 'apigateway.requests', quantity: requestsOf(usage) / MILLION },
  ],
  [FUNCTION]: fn,
  'aws:cloudwatch/logGroup:LogGroup': logGroup,
  'aws:cloudwatch/metricAlarm:MetricAlarm': (_, usage) => [
    { what: 'alarms', price: 'cloudwatch.alarm', quantity: month(usage) },
  ],
  'aws:cloudwatch/dashboard:Dashboard': (_, usage) => [
    { what: 'dashboard', price: 'cloudwatch.dashboard', quantity: month(usage) },
  ],
  'aws:kms/key:Key': (_, usage) => [
    { what: 'keys', price: 'kms.key', quantity: month(usage) },
    { what: 'use of keys', price: 'kms.requests', quantity: (KEY_REQUESTS_AN_HOUR * usage.hours) / MILLION },
  ],
  'aws:sns/topic:Topic': topic,
};

/** What costs nothing by itself: beginnings of types. Buckets hold next to nothing unless something is delivered to them. */
export const FREE = [
  'aws:apigateway/', // pays by the requests of its REST API
  'aws:budgets/',
  'aws:cloudwatch/event',
  'aws:cloudwatch/logStream:',
  'aws:cloudwatch/logMetricFilter:',
  'aws:ec2/defaultSecurityGroup:',
  'aws:ec2/flowLog:', // pays by its log group
  'aws:ec2/internetGateway:',
  'aws:ec2/route:',
  'aws:ec2/routeTable',
  'aws:ec2/securityGroup',
  'aws:ec2/subnet:',
  'aws:ec2/vpc:',
  'aws:elasticache/parameterGroup:',
  'aws:elasticache/subnetGroup:',
  'aws:elasticache/user',
  'aws:iam/',
  'aws:kms/alias:',
  'aws:lambda/alias:',
  'aws:lambda/eventSourceMapping:',
  'aws:lambda/invocation:',
  'aws:lambda/permission:',
  'aws:rds/parameterGroup:',
  'aws:rds/subnetGroup:',
  'aws:s3/bucket',
  'aws:sns/topicPolicy:',
  'aws:sns/topicSubscription:',
  'aws:vpc/',
  'aws:wafv2/webAclAssociation:', // the web ACL is not the stack's
  'pulumi:',
  'random:',
  'tap:',
];
