import type * as pulumi from '@pulumi/pulumi';
import { type Alarm, AT_ONCE, FIVE_MINUTES } from './alarm';

/** What the alarms of the archive watch. */
export interface WatchedArchive {
  deliveryStreamName: pulumi.Input<string>;
  /** The transformation function. */
  functionName: pulumi.Input<string>;
  /** How long an object may gather. */
  bufferSeconds: number;
}

/** How much longer than an object gathers the oldest record may wait, for retries; Firehose gives up after a day. */
const DELIVERY_RESERVE_SECONDS = 600;

export function archiveAlarms({ deliveryStreamName, functionName, bufferSeconds }: WatchedArchive): Alarm[] {
  const delivery = {
    ...AT_ONCE,
    period: FIVE_MINUTES,
    namespace: 'AWS/Firehose',
    dimensions: { DeliveryStreamName: deliveryStreamName },
  };
  /** A share of all attempts, 1 when none failed. */
  const whole = { statistic: 'Average', comparisonOperator: 'LessThanThreshold', threshold: 1 } as const;
  const archiver = { ...AT_ONCE, namespace: 'AWS/Lambda', dimensions: { FunctionName: functionName } };
  return [
    {
      ...delivery,
      purpose: 'archive-freshness',
      description: 'Records wait for the archive longer than they should: look at the log of the delivery stream.',
      metricName: 'DeliveryToS3.DataFreshness',
      statistic: 'Maximum',
      threshold: bufferSeconds + DELIVERY_RESERVE_SECONDS,
    },
    {
      ...delivery,
      ...whole,
      purpose: 'archive-delivery',
      description: 'S3 refuses objects of the archive: look at policy and key of the bucket. Firehose tries for a day.',
      metricName: 'DeliveryToS3.Success',
    },
    {
      ...delivery,
      purpose: 'archive-read-throttling',
      description:
        'The archive is refused at the stream for a quarter of an hour: look for another reader, add shards.',
      metricName: 'ThrottledGetRecords',
      evaluationPeriods: 3,
    },
    {
      ...delivery,
      ...whole,
      purpose: 'archive-transformation',
      description: 'Records were not transformed; what Firehose gives up on is kept as it came, under failed/.',
      metricName: 'ExecuteProcessing.Success',
    },
    {
      ...archiver,
      purpose: 'archiver-errors',
      description: 'The transformation function fails, and Firehose asks again: see the error in its log.',
      metricName: 'Errors',
    },
    {
      ...archiver,
      purpose: 'archiver-throttles',
      description: "The account's concurrency is used up: raise it before Firehose gives up on records.",
      metricName: 'Throttles',
    },
  ];
}
