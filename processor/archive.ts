import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context, FirehoseTransformationEvent, FirehoseTransformationResult } from 'aws-lambda';
import { ArchiveKeys } from './archive/keys';
import { type TransformDependencies, transform } from './archive/transform';
import { openDatabase } from './database';
import { decode } from './decode';
import { nameOf } from './errors';

/** How long before Lambda ends an invocation it stops to wait for the database, milliseconds: a connection takes up to 5 seconds. */
const RESERVE_MS = 15_000;
/** Between two attempts to reach it, milliseconds. */
const PAUSE_MS = 2_000;

const logger = new Logger();
const metrics = new Metrics();

/** An invocation that failed. It carries no message of the database, since such a message may quote what it was sent. */
class ArchiveError extends Error {
  override name = 'ArchiveError';
}

const keys = new ArchiveKeys(
  openDatabase((error) => logger.warn('connection to PostgreSQL broke', { error: nameOf(error) })),
);

/**
 * The archive's Lambda function: makes lines of the archive of the records that Firehose read. It never fails on what a record
 * holds, and waits for the database for as long as it may: Firehose would keep such a batch as it came, customers and card numbers
 * included.
 *
 * @throws ArchiveError when the database stays away
 */
export async function handler(
  { records }: FirehoseTransformationEvent,
  { getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<FirehoseTransformationResult> {
  const { results, summary } = await transform(records, {
    decode,
    keys: { of: (customers) => patiently(() => keys.of(customers), getRemainingTimeInMillis) },
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

async function patiently(
  keysOf: () => ReturnType<TransformDependencies['keys']['of']>,
  remainingMs: () => number,
): ReturnType<TransformDependencies['keys']['of']> {
  for (;;) {
    try {
      return await keysOf();
    } catch (error) {
      logger.warn('the keys could not be had', { error: nameOf(error) });
      if (remainingMs() < RESERVE_MS) {
        throw new ArchiveError(`the keys of customers could not be had: ${nameOf(error)}; Firehose asks again`);
      }
      await wait(PAUSE_MS);
    }
  }
}
