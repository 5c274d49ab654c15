import * as pulumi from '@pulumi/pulumi';
import type { Watched } from './alarms';
import type { WatchedArchive } from './archive-alarms';
import { METRICS_NAMESPACE } from './function';
import type { WatchedIngest } from './ingest-alarms';

type Metric = (pulumi.Input<string> | { stat: string })[];
type Graph = [title: string, metrics: Metric[]];

const WIDTH = 8;
const HEIGHT = 6;
const COLUMNS = 3;

/** The dashboard: the alarms' states on top, then the way of a transaction from stream to database. */
export function dashboardBody(
  region: string,
  watched: Watched,
  alarmArns: pulumi.Input<string>[],
): pulumi.Output<string> {
  const stream = (metric: string, stat: string): Metric => [
    'AWS/Kinesis',
    metric,
    'StreamName',
    watched.streamName,
    { stat },
  ];
  const lambda = (metric: string, stat: string): Metric => [
    'AWS/Lambda',
    metric,
    'FunctionName',
    watched.processorFunctionName,
    { stat },
  ];
  const own = (service: pulumi.Input<string>, metric: string, stat: string): Metric => [
    METRICS_NAMESPACE,
    metric,
    'service',
    service,
    { stat },
  ];
  const processor = (metric: string, stat: string) => own(watched.processorFunctionName, metric, stat);
  const publisher = (metric: string, stat: string) => own(watched.publisherFunctionName, metric, stat);
  const operations = (metric: string, stat: string) => own(watched.operations.functionName, metric, stat);
  const cache = (metric: string, stat: string): Metric[] =>
    watched.cacheNodeIds.map((id) => ['AWS/ElastiCache', metric, 'CacheClusterId', id, { stat }]);
  const database = (metric: string, stat: string): Metric => [
    'AWS/RDS',
    metric,
    'DBInstanceIdentifier',
    watched.dbInstanceIdentifier,
    { stat },
  ];

  const graphs: Graph[] = [
    ['Transactions', [stream('IncomingRecords', 'Sum'), processor('TransactionsStored', 'Sum')]],
    [
      'Verdicts',
      [processor('ReviewVerdicts', 'Sum'), processor('BlockVerdicts', 'Sum'), processor('RevisedVerdicts', 'Sum')],
    ],
    [
      'Set aside',
      [
        processor('QuarantinedRecords', 'Sum'),
        processor('DuplicateRecords', 'Sum'),
        processor('LateTransactions', 'Sum'),
      ],
    ],
    ['Alerts', [publisher('AlertsPublished', 'Sum'), publisher('AlertPublishFailures', 'Sum')]],
    ['Oldest unpublished alert, s', [publisher('OldestAlertSeconds', 'Maximum')]],
    ['Incomplete and shadow verdicts', [processor('IncompleteVerdicts', 'Sum'), processor('ShadowVerdicts', 'Sum')]],
    ['Time behind the stream, ms', [lambda('IteratorAge', 'Maximum')]],
    ['Batch, ms', [processor('BatchDuration', 'p50'), processor('BatchDuration', 'p99'), lambda('Duration', 'p99')]],
    [
      'Refusals and errors',
      [
        stream('WriteProvisionedThroughputExceeded', 'Sum'),
        stream('ReadProvisionedThroughputExceeded', 'Sum'),
        lambda('Errors', 'Sum'),
        lambda('Throttles', 'Sum'),
      ],
    ],
    ['Cache memory, %', cache('DatabaseMemoryUsagePercentage', 'Maximum')],
    ['Cache CPU, %', cache('EngineCPUUtilization', 'Average')],
    ['Cache replication lag, s', cache('ReplicationLag', 'Maximum')],
    ['Database CPU, %', [database('CPUUtilization', 'Average')]],
    ['Database connections', [database('DatabaseConnections', 'Maximum')]],
    ['Database free storage, bytes', [database('FreeStorageSpace', 'Minimum')]],
    ['Audit chain, broken', [operations('AuditChainBroken', 'Maximum')]],
    ['Audit chain, rows', [operations('AuditChainRows', 'Maximum')]],
    ['Most confirmed fraud of a merchant, % of 500,000 yen', [operations('LargestMerchantFraud', 'Maximum')]],
    ...(watched.archive ? archiveGraphs(watched.archive) : []),
    ...(watched.ingest ? ingestGraphs(watched.ingest) : []),
  ];

  const widgets = graphs.map(([title, metrics], index) => ({
    type: 'metric',
    x: (index % COLUMNS) * WIDTH,
    y: HEIGHT + Math.floor(index / COLUMNS) * HEIGHT,
    width: WIDTH,
    height: HEIGHT,
    properties: { title, region, view: 'timeSeries', period: 60, metrics },
  }));
  const states = {
    type: 'alarm',
    x: 0,
    y: 0,
    width: WIDTH * COLUMNS,
    height: HEIGHT,
    properties: { title: 'Alarms', alarms: alarmArns },
  };
  return pulumi.jsonStringify({ widgets: [states, ...widgets] });
}

function archiveGraphs({ deliveryStreamName, functionName }: WatchedArchive): Graph[] {
  const delivery = (metric: string, stat: string): Metric => [
    'AWS/Firehose',
    metric,
    'DeliveryStreamName',
    deliveryStreamName,
    { stat },
  ];
  const archiver = (metric: string): Metric => [METRICS_NAMESPACE, metric, 'service', functionName, { stat: 'Sum' }];
  return [
    ['Archived', [archiver('RecordsArchived'), archiver('RecordsRefused'), delivery('DeliveryToS3.Records', 'Sum')]],
    ['Oldest record not archived, s', [delivery('DeliveryToS3.DataFreshness', 'Maximum')]],
    [
      'Archive: share that succeeds',
      [delivery('ExecuteProcessing.Success', 'Average'), delivery('DeliveryToS3.Success', 'Average')],
    ],
  ];
}

function ingestGraphs({ apiName }: WatchedIngest): Graph[] {
  const api = (metric: string, stat: string): Metric => ['AWS/ApiGateway', metric, 'ApiName', apiName, { stat }];
  return [
    ['Requests over HTTPS', [api('Count', 'Sum'), api('4XXError', 'Sum'), api('5XXError', 'Sum')]],
    ['Request over HTTPS, ms', [api('Latency', 'p50'), api('Latency', 'p99'), api('IntegrationLatency', 'p99')]],
  ];
}
