import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { openDatabase } from './database';
import { nameOf } from './errors';
import { openConnection } from './history/connect';
import { RedisHistoryStore } from './history/redis';
import { type BatchSummary, processBatch } from './pipeline';
import { PolicySource } from './policy/policy';
import { judge } from './rules';
import { allowedLatenessMs } from './settings';
import { PostgresStore } from './store/postgres';

const logger = new Logger();
const metrics = new Metrics();

/** A batch that failed. It carries no message of a store, since such a message may quote what it was sent. */
class BatchError extends Error {
  override name = 'BatchError';
}

const database = openDatabase((error) => logger.warn('connection to PostgreSQL broke', { error: nameOf(error) }));
const store = new PostgresStore(database);
const history = new RedisHistoryStore({
  connect: openConnection,
  beginGeneration: (known) => store.beginGeneration(known),
  allowedLatenessMs: allowedLatenessMs(),
});
const policies = new PolicySource(database);

/**
 * The stream's Lambda function: one call, one batch.
 *
 * @throws BatchError when Redis or PostgreSQL is away; the event source mapping delivers the batch again
 */
export async function handler({ Records: records }: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> {
  const started = performance.now();
  try {
    const policy = await policies.current();
    const summary = await processBatch(
      records.map(({ eventID, kinesis }) => ({ eventId: eventID, data: Buffer.from(kinesis.data, 'base64') })),
      { store, history, policy, judge, now: Date.now },
    );
    publish(summary, performance.now() - started);
    return { batchItemFailures: [] };
  } catch (error) {
    logger.error('batch failed', { records: records.length, firstEvent: records[0]?.eventID, error: nameOf(error) });
    throw new BatchError(`a batch of ${records.length} records failed: ${nameOf(error)}; it will be delivered again`);
  }
}

function publish(summary: BatchSummary, milliseconds: number): void {
  metrics.addMetric('RecordsReceived', MetricUnit.Count, summary.received);
  metrics.addMetric('TransactionsStored', MetricUnit.Count, summary.stored);
  metrics.addMetric('DuplicateRecords', MetricUnit.Count, summary.duplicates);
  metrics.addMetric('QuarantinedRecords', MetricUnit.Count, summary.quarantined);
  metrics.addMetric('ReviewVerdicts', MetricUnit.Count, summary.reviewed);
  metrics.addMetric('BlockVerdicts', MetricUnit.Count, summary.blocked);
  metrics.addMetric('RevisedVerdicts', MetricUnit.Count, summary.revised);
  metrics.addMetric('LateTransactions', MetricUnit.Count, summary.late);
  metrics.addMetric('IncompleteVerdicts', MetricUnit.Count, summary.incomplete);
  metrics.addMetric('ShadowVerdicts', MetricUnit.Count, summary.shadowed);
  metrics.addMetric('BatchDuration', MetricUnit.Milliseconds, milliseconds);
  metrics.publishStoredMetrics();
  logger.info('batch processed', { ...summary, milliseconds: Math.round(milliseconds) });
}
