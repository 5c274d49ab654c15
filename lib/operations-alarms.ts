import type * as pulumi from '@pulumi/pulumi';
import { type Alarm, MINUTE } from './alarm';
import { METRICS_NAMESPACE } from './function';

/** What the alarms on the operations function's figures watch. */
export interface WatchedOperations {
  functionName: pulumi.Input<string>;
  /** Share of 500,000 yen at which a merchant's confirmed fraud is told, percent. */
  fraudWarningPercent: number;
}

/** Both figures are taken once an hour, so three hours without one mean that nobody takes them. */
const THREE_HOURS = 180 * MINUTE;

export function operationsAlarms({ functionName, fraudWarningPercent }: WatchedOperations): Alarm[] {
  const hourly = {
    namespace: METRICS_NAMESPACE,
    dimensions: { service: functionName },
    statistic: 'Maximum',
    period: THREE_HOURS,
    evaluationPeriods: 1,
    comparisonOperator: 'GreaterThanThreshold',
    treatMissingData: 'breaching',
  } as const;
  return [
    {
      ...hourly,
      purpose: 'audit-chain',
      description:
        'What was recorded is not what it was, or nobody looks: ask the operations function to verify-chain.',
      metricName: 'AuditChainBroken',
      threshold: 0,
    },
    {
      ...hourly,
      purpose: 'merchant-fraud',
      description:
        'A merchant comes close to 500,000 yen of confirmed fraud in three months, or nobody looks: ask for merchants-at-risk.',
      metricName: 'LargestMerchantFraud',
      threshold: fraudWarningPercent,
    },
  ];
}
