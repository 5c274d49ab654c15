import type * as pulumi from '@pulumi/pulumi';
import { type Alarm, AT_ONCE, FIVE_MINUTES, LASTING, MINUTE } from './alarm';
import { METRICS_NAMESPACE } from './function';

/** What the alarms of the ingest watch. */
export interface WatchedIngest {
  /** Name of the API, which is also that of the service in its access log. */
  apiName: pulumi.Input<string>;
  peakTransactionsPerMinute: number;
}

/** Share of all requests that may be refused before a producer is taken to be broken, as of quarantined records. */
const REFUSED_SHARE = 0.01;

/** A put takes some tens of milliseconds; who waits longer than this for one holds up a checkout. */
const LATENCY_LIMIT_MS = 1_000;

export function ingestAlarms({ apiName, peakTransactionsPerMinute }: WatchedIngest): Alarm[] {
  const api = { namespace: 'AWS/ApiGateway', dimensions: { ApiName: apiName } };
  return [
    {
      ...AT_ONCE,
      ...api,
      purpose: 'ingest-refusals',
      description: 'Producers are refused: the access log says who and why, a broken contract, no right or a limit.',
      metricName: '4XXError',
      period: FIVE_MINUTES,
      threshold: Math.ceil(peakTransactionsPerMinute * (FIVE_MINUTES / MINUTE) * REFUSED_SHARE),
    },
    {
      ...AT_ONCE,
      namespace: METRICS_NAMESPACE,
      dimensions: { service: apiName },
      purpose: 'ingest-throttles',
      description: 'Producers send faster than they may: raise ingestRequestsPerSecond, or have them send in batches.',
      metricName: 'IngestThrottles',
    },
    {
      ...AT_ONCE,
      ...api,
      purpose: 'ingest-errors',
      description: 'Transactions were not taken over HTTPS: look at the shards, then at role and key of the ingest.',
      metricName: '5XXError',
    },
    {
      ...LASTING,
      ...api,
      purpose: 'ingest-latency',
      description:
        'Producers wait more than a second for an answer: compare with IntegrationLatency, which is Kinesis.',
      metricName: 'Latency',
      statistic: 'Average',
      threshold: LATENCY_LIMIT_MS,
    },
  ];
}
