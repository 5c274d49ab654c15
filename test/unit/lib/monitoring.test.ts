import { ALARM_PURPOSES } from '../../../lib/naming';
import { policyOf, type RecordedResource, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';
const RULE = 'aws:cloudwatch/eventRule:EventRule';
const TOPIC_ARN = 'arn:aws:sns:ap-northeast-1:123456789012:sns-alarms-dev';
const KEYS = [
  'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data',
  'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-monitoring',
];
const MAPPING_ID = '91eaeb7e-c976-1234-9451-8709db01f137';

let stack: Recording;
beforeAll(async () => {
  stack = await evaluateStack({ config: { ephemeral: 'true', ingest: 'public', alarmEmail: 'risk@example.jp' } });
});

/** An alarm in one line: what it watches, how, and when it goes off. */
function line({ inputs }: RecordedResource): string {
  const sign = inputs.comparisonOperator === 'LessThanThreshold' ? '<' : '>';
  const dimensions = Object.entries(inputs.dimensions).map(([name, value]) => `${name}=${value}`);
  return (
    `${inputs.name}: ${inputs.statistic} ${inputs.namespace} ${inputs.metricName} {${dimensions.join()}} ` +
    `${sign} ${inputs.threshold}, ${inputs.evaluationPeriods} x ${inputs.period} s, missing ${inputs.treatMissingData}`
  );
}

describe('alarms', () => {
  it('watch exactly this', () => {
    const lambda = '{FunctionName=lambda-processor-dev}';
    const stream = '{StreamName=kinesis-transactions-dev}';
    const delivery = '{DeliveryStreamName=firehose-archive-dev}';
    const database = '{DBInstanceIdentifier=rds-transactions-dev}';
    const node = (number: number) => {
      const cache = `{CacheClusterId=redis-history-dev-00${number}}`;
      const name = (purpose: string) => `cloudwatch-cache-${purpose}-${number}-dev`;
      return [
        `${name('memory')}: Maximum AWS/ElastiCache DatabaseMemoryUsagePercentage ${cache} > 75, 5 x 60 s, missing notBreaching`,
        `${name('evictions')}: Sum AWS/ElastiCache Evictions ${cache} > 0, 1 x 60 s, missing notBreaching`,
        `${name('cpu')}: Average AWS/ElastiCache EngineCPUUtilization ${cache} > 80, 5 x 60 s, missing notBreaching`,
        `${name('replication-lag')}: Maximum AWS/ElastiCache ReplicationLag ${cache} > 10, 5 x 60 s, missing notBreaching`,
      ];
    };
    expect(stack.ofType(ALARM).map(line).sort()).toEqual(
      [
        `cloudwatch-stream-write-throttling-dev: Sum AWS/Kinesis WriteProvisionedThroughputExceeded ${stream} > 0, 1 x 60 s, missing notBreaching`,
        `cloudwatch-stream-read-throttling-dev: Sum AWS/Kinesis ReadProvisionedThroughputExceeded ${stream} > 0, 1 x 60 s, missing notBreaching`,
        `cloudwatch-no-traffic-dev: Sum AWS/Kinesis IncomingRecords ${stream} < 1, 3 x 300 s, missing breaching`,
        `cloudwatch-iterator-age-dev: Maximum AWS/Lambda IteratorAge ${lambda} > 60000, 5 x 60 s, missing notBreaching`,
        `cloudwatch-processor-errors-dev: Sum AWS/Lambda Errors ${lambda} > 0, 1 x 60 s, missing notBreaching`,
        `cloudwatch-processor-throttles-dev: Sum AWS/Lambda Throttles ${lambda} > 0, 1 x 60 s, missing notBreaching`,
        `cloudwatch-failed-records-dev: Sum AWS/Lambda OnFailureDestinationDeliveredEventCount {EventSourceMappingUUID=${MAPPING_ID}} > 0, 1 x 60 s, missing notBreaching`,
        `cloudwatch-failed-record-delivery-dev: Sum AWS/Lambda DestinationDeliveryFailures ${lambda} > 0, 1 x 60 s, missing notBreaching`,
        'cloudwatch-quarantined-records-dev: Sum JapanCart/TransactionMonitoring QuarantinedRecords {service=lambda-processor-dev} > 50, 1 x 300 s, missing notBreaching',
        'cloudwatch-incomplete-history-dev: Sum JapanCart/TransactionMonitoring IncompleteVerdicts {service=lambda-processor-dev} > 0, 6 x 300 s, missing notBreaching',
        'cloudwatch-publisher-errors-dev: Sum AWS/Lambda Errors {FunctionName=lambda-publisher-dev} > 0, 1 x 60 s, missing notBreaching',
        'cloudwatch-unpublished-alerts-dev: Maximum JapanCart/TransactionMonitoring OldestAlertSeconds {service=lambda-publisher-dev} > 300, 1 x 300 s, missing breaching',
        'cloudwatch-audit-chain-dev: Maximum JapanCart/TransactionMonitoring AuditChainBroken {service=lambda-operations-dev} > 0, 1 x 10800 s, missing breaching',
        'cloudwatch-merchant-fraud-dev: Maximum JapanCart/TransactionMonitoring LargestMerchantFraud {service=lambda-operations-dev} > 80, 1 x 10800 s, missing breaching',
        `cloudwatch-archive-freshness-dev: Maximum AWS/Firehose DeliveryToS3.DataFreshness ${delivery} > 900, 1 x 300 s, missing notBreaching`,
        `cloudwatch-archive-delivery-dev: Average AWS/Firehose DeliveryToS3.Success ${delivery} < 1, 1 x 300 s, missing notBreaching`,
        `cloudwatch-archive-read-throttling-dev: Sum AWS/Firehose ThrottledGetRecords ${delivery} > 0, 3 x 300 s, missing notBreaching`,
        `cloudwatch-archive-transformation-dev: Average AWS/Firehose ExecuteProcessing.Success ${delivery} < 1, 1 x 300 s, missing notBreaching`,
        'cloudwatch-archiver-errors-dev: Sum AWS/Lambda Errors {FunctionName=lambda-archiver-dev} > 0, 1 x 60 s, missing notBreaching',
        'cloudwatch-archiver-throttles-dev: Sum AWS/Lambda Throttles {FunctionName=lambda-archiver-dev} > 0, 1 x 60 s, missing notBreaching',
        'cloudwatch-ingest-refusals-dev: Sum AWS/ApiGateway 4XXError {ApiName=apigateway-ingest-dev} > 50, 1 x 300 s, missing notBreaching',
        'cloudwatch-ingest-throttles-dev: Sum JapanCart/TransactionMonitoring IngestThrottles {service=apigateway-ingest-dev} > 0, 1 x 60 s, missing notBreaching',
        'cloudwatch-ingest-errors-dev: Sum AWS/ApiGateway 5XXError {ApiName=apigateway-ingest-dev} > 0, 1 x 60 s, missing notBreaching',
        'cloudwatch-ingest-latency-dev: Average AWS/ApiGateway Latency {ApiName=apigateway-ingest-dev} > 1000, 5 x 60 s, missing notBreaching',
        ...node(1),
        ...node(2),
        `cloudwatch-database-cpu-dev: Average AWS/RDS CPUUtilization ${database} > 80, 5 x 60 s, missing notBreaching`,
        `cloudwatch-database-storage-dev: Minimum AWS/RDS FreeStorageSpace ${database} < 10737418240, 5 x 60 s, missing notBreaching`,
        `cloudwatch-database-connections-dev: Maximum AWS/RDS DatabaseConnections ${database} > 150, 5 x 60 s, missing notBreaching`,
        `cloudwatch-database-replica-lag-dev: Maximum AWS/RDS ReplicaLag ${database} > 60, 5 x 60 s, missing notBreaching`,
      ].sort(),
    );
  });

  it('leave no purpose without an alarm', () => {
    const purposes = stack.ofType(ALARM).map(({ inputs }) => inputs.name.replace(/^cloudwatch-(.*?)(-\d)?-dev$/, '$1'));
    expect(new Set(purposes)).toEqual(new Set(ALARM_PURPOSES));
  });

  it('say what to do, and tell the topic when it happens and when it is over', () => {
    for (const { inputs } of stack.ofType(ALARM)) {
      expect(inputs.alarmDescription).toMatch(/^[A-Z].{40,}\.$/);
      expect([inputs.alarmActions, inputs.okActions]).toEqual([[TOPIC_ARN], [TOPIC_ARN]]);
    }
  });

  it('follow the peak, the storage and the number of nodes', async () => {
    const large = await evaluateStack({
      config: {
        peakTransactionsPerMinute: '10000',
        cacheNodeType: 'cache.r7g.large',
        cacheNodeCount: '3',
        databaseStorageGib: '200',
        archiveBufferSeconds: '900',
        fraudWarningPercent: '60',
      },
    });
    const threshold = (name: string) => large.find(ALARM, `tap-monitoring-${name}`).inputs.threshold;
    expect(threshold('quarantined-records')).toBe(500);
    expect(threshold('archive-freshness')).toBe(1_500);
    expect(threshold('merchant-fraud')).toBe(60);
    expect(threshold('database-storage')).toBe(20 * 2 ** 30);
    expect(large.ofType(ALARM)).toHaveLength(24 + 3 * 4);
  });
});

describe('the topic', () => {
  it('is encrypted with the monitoring key, by ARN, and mails whom the settings name', async () => {
    const { policy, ...inputs } = stack.find('aws:sns/topic:Topic', 'tap-monitoring-alarms').inputs;
    expect(inputs).toEqual({ name: 'sns-alarms-dev', kmsMasterKeyId: KEYS[1] });
    expect(stack.find('aws:sns/topicSubscription:TopicSubscription').inputs).toEqual({
      topic: TOPIC_ARN,
      protocol: 'email',
      endpoint: 'risk@example.jp',
    });
    expect((await evaluateStack()).ofType('aws:sns/topicSubscription:TopicSubscription')).toEqual([]);
  });

  it('takes messages from the alarms of this environment, from events without a condition, and nothing in the clear', () => {
    expect(policyOf(stack.find('aws:sns/topic:Topic', 'tap-monitoring-alarms')).Statement).toEqual([
      {
        Sid: 'TlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: ['sns:Publish', 'sns:Subscribe'],
        Resource: TOPIC_ARN,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Sid: 'AlarmsPublish',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: TOPIC_ARN,
        Condition: {
          StringEquals: { 'aws:SourceAccount': '123456789012' },
          ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:cloudwatch-*-dev' },
        },
      },
      {
        Sid: 'EventsPublish',
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: TOPIC_ARN,
      },
    ]);
  });
});

describe('key events', () => {
  it('tell when a key is taken away, and when its use is refused', () => {
    const { eventPattern, ...inputs } = stack.find(RULE, 'tap-monitoring-keys').inputs;
    expect(inputs).toEqual({
      name: 'events-keys-dev',
      description: 'A key is about to be lost, its policy has changed, or someone was refused its use',
      state: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
    });
    expect(JSON.parse(eventPattern)).toEqual({
      source: ['aws.kms'],
      'detail-type': ['AWS API Call via CloudTrail'],
      detail: {
        eventSource: ['kms.amazonaws.com'],
        $or: [
          {
            eventName: ['DisableKey', 'DisableKeyRotation', 'PutKeyPolicy', 'ScheduleKeyDeletion'],
            resources: { ARN: KEYS },
          },
          {
            errorCode: ['AccessDenied', 'AccessDeniedException'],
            errorMessage: KEYS.map((arn) => ({ wildcard: `*${arn}*` })),
          },
        ],
      },
    });
  });

  it('reach the topic once someone listens, and from before the alarms exist until after they are gone', () => {
    const target = stack.find('aws:cloudwatch/eventTarget:EventTarget', 'tap-monitoring-keys');
    expect(target.inputs).toEqual({ rule: 'events-keys-dev', targetId: 'alarm-topic', arn: TOPIC_ARN });
    expect(stack.closure(target)).toContain('aws:sns/topicSubscription:TopicSubscription tap-monitoring-email');
    for (const alarm of stack.ofType(ALARM)) {
      expect(stack.closure(alarm)).toContain('aws:cloudwatch/eventTarget:EventTarget tap-monitoring-keys');
    }
  });
});

describe('the dashboard', () => {
  interface Widget {
    type: string;
    x: number;
    y: number;
    width: number;
    height: number;
    properties: { title: string; region?: string; alarms?: string[]; metrics?: unknown[][] };
  }
  const widgets = (): Widget[] =>
    JSON.parse(stack.find('aws:cloudwatch/dashboard:Dashboard').inputs.dashboardBody).widgets;

  it('shows every alarm, then the way of a transaction', () => {
    expect(stack.find('aws:cloudwatch/dashboard:Dashboard').inputs.dashboardName).toBe('cloudwatch-transactions-dev');
    const [states, ...graphs] = widgets();
    expect(states?.properties.alarms?.sort()).toEqual(
      stack
        .ofType(ALARM)
        .map(({ inputs }) => `arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:${inputs.name}`)
        .sort(),
    );
    expect(graphs.map(({ properties }) => properties.title)).toEqual([
      'Transactions',
      'Verdicts',
      'Set aside',
      'Alerts',
      'Oldest unpublished alert, s',
      'Incomplete and shadow verdicts',
      'Time behind the stream, ms',
      'Batch, ms',
      'Refusals and errors',
      'Cache memory, %',
      'Cache CPU, %',
      'Cache replication lag, s',
      'Database CPU, %',
      'Database connections',
      'Database free storage, bytes',
      'Audit chain, broken',
      'Audit chain, rows',
      'Most confirmed fraud of a merchant, % of 500,000 yen',
      'Archived',
      'Oldest record not archived, s',
      'Archive: share that succeeds',
      'Requests over HTTPS',
      'Request over HTTPS, ms',
    ]);
    expect(new Set(graphs.map(({ properties }) => properties.region))).toEqual(new Set(['ap-northeast-1']));
  });

  it('names resources by what they are called', () => {
    const graph = (title: string) => widgets().find(({ properties }) => properties.title === title)?.properties.metrics;
    expect(graph('Transactions')).toEqual([
      ['AWS/Kinesis', 'IncomingRecords', 'StreamName', 'kinesis-transactions-dev', { stat: 'Sum' }],
      ['JapanCart/TransactionMonitoring', 'TransactionsStored', 'service', 'lambda-processor-dev', { stat: 'Sum' }],
    ]);
    expect(graph('Alerts')).toEqual(
      ['AlertsPublished', 'AlertPublishFailures'].map((metric) => [
        'JapanCart/TransactionMonitoring',
        metric,
        'service',
        'lambda-publisher-dev',
        { stat: 'Sum' },
      ]),
    );
    expect(graph('Archived')?.at(-1)).toEqual([
      'AWS/Firehose',
      'DeliveryToS3.Records',
      'DeliveryStreamName',
      'firehose-archive-dev',
      { stat: 'Sum' },
    ]);
    expect(graph('Cache memory, %')).toEqual(
      [1, 2].map((node) => [
        'AWS/ElastiCache',
        'DatabaseMemoryUsagePercentage',
        'CacheClusterId',
        `redis-history-dev-00${node}`,
        { stat: 'Maximum' },
      ]),
    );
    expect(graph('Database connections')).toEqual([
      ['AWS/RDS', 'DatabaseConnections', 'DBInstanceIdentifier', 'rds-transactions-dev', { stat: 'Maximum' }],
    ]);
  });

  it('fills a grid of 24 columns without an overlap', () => {
    const cells = widgets().flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, cell) => `${x + (cell % width)},${y + Math.floor(cell / width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...widgets().map(({ x, width }) => x + width))).toBe(24);
  });
});
