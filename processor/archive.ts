import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { FirehoseTransformationEvent, FirehoseTransformationResult } from 'aws-lambda';
import { transform } from './archive/transform';
import { decode } from './decode';
import { nameOf } from './errors';

const logger = new Logger();
const metrics = new Metrics();

/**
 * The archive's Lambda function: makes lines of the archive of the records that Firehose read. It asks nobody and never
 * fails on what a record holds: Firehose would keep such a record as it came, card numbers included.
 */
export async function handler({ records }: FirehoseTransformationEvent): Promise<FirehoseTransformationResult> {
  const { results, summary } = transform(records, {
    decode,
    now: Date.now,
    failed: (place, error) => logger.error('a record was not decoded', { ...place, error: nameOf(error) }),
  });
  metrics.addMetric('RecordsArchived', MetricUnit.Count, summary.archived);
  metrics.addMetric('RecordsRefused', MetricUnit.Count, summary.refused);
  metrics.addMetric('RefusalsDropped', MetricUnit.Count, summary.dropped);
  metrics.addMetric('RecordsNotDecoded', MetricUnit.Count, summary.notDecoded);
  metrics.publishStoredMetrics();
  logger.info('records transformed', { ...summary });
  return { records: results };
}
