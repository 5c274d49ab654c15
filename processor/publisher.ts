import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { SNSClient } from '@aws-sdk/client-sns';
import type { Context } from 'aws-lambda';
import { openDatabase } from './database';
import { nameOf } from './errors';
import { type Drained, drain } from './publisher/drain';
import { PostgresOutbox } from './publisher/outbox';
import { SnsTopic } from './publisher/topic';
import { variable } from './settings';

/** A run ends this long before Lambda would end it, so that it can still say how it went, milliseconds. */
const RESERVE_MS = 20_000;

/** How long SNS may take to be reached and to answer, milliseconds. */
const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 5_000 };

const logger = new Logger();
const metrics = new Metrics();

/** A run that failed. It carries no message of database or topic, since such a message may quote what it was sent. */
class PublisherError extends Error {
  override name = 'PublisherError';
}

const outbox = new PostgresOutbox(
  openDatabase((error) => logger.warn('connection to PostgreSQL broke', { error: nameOf(error) })),
);
const topic = new SnsTopic(new SNSClient({ requestHandler: TIMEOUTS }), variable('ALERT_TOPIC_ARN'), (code) =>
  logger.warn('the topic refused an alert', { code }),
);

/**
 * The publisher's Lambda function: takes alerts from the outbox to the topic. Does nothing while another one is at it.
 *
 * @throws PublisherError when database or topic are away; what waits is published by the next run
 */
export async function handler(
  _event: unknown,
  { getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<Drained | undefined> {
  const drained: Drained = { published: 0, failed: 0 };
  try {
    if (!(await outbox.lock())) return undefined;
    try {
      await drain(outbox, topic, drained, () => getRemainingTimeInMillis() > RESERVE_MS);
    } finally {
      await report(drained).finally(() => outbox.unlock());
    }
    return drained;
  } catch (error) {
    logger.error('publishing failed', { error: nameOf(error) });
    throw new PublisherError(`publishing alerts failed: ${nameOf(error)}; the next run goes on`);
  }
}

async function report(drained: Drained): Promise<void> {
  metrics.addMetric('AlertsPublished', MetricUnit.Count, drained.published);
  metrics.addMetric('AlertPublishFailures', MetricUnit.Count, drained.failed);
  metrics.addMetric('OldestAlertSeconds', MetricUnit.Seconds, await outbox.oldestSeconds());
  metrics.publishStoredMetrics();
}
