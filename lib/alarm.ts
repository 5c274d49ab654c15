import type * as pulumi from '@pulumi/pulumi';
import type { AlarmPurpose } from './naming';

/** An alarm in CloudWatch's terms. */
export interface Alarm {
  purpose: AlarmPurpose;
  /** Number of the cache node, from 1, where the alarm watches one. */
  node?: number;
  /** What has happened, and where to look. */
  description: string;
  namespace: string;
  metricName: string;
  dimensions: Record<string, pulumi.Input<string>>;
  statistic: 'Average' | 'Maximum' | 'Minimum' | 'Sum';
  /** Seconds. */
  period: number;
  evaluationPeriods: number;
  comparisonOperator: 'GreaterThanThreshold' | 'LessThanThreshold';
  /** In the metric's own unit. */
  threshold: number;
  /** Whether a metric that is not reported means trouble. */
  treatMissingData: 'notBreaching' | 'breaching';
}

export const MINUTE = 60;
export const FIVE_MINUTES = 300;

type Common = Pick<Alarm, 'period' | 'evaluationPeriods' | 'comparisonOperator' | 'treatMissingData'>;

/** Anything at all in one minute. */
export const AT_ONCE: Common & { statistic: 'Sum'; threshold: number } = {
  statistic: 'Sum',
  threshold: 0,
  period: MINUTE,
  evaluationPeriods: 1,
  comparisonOperator: 'GreaterThanThreshold',
  treatMissingData: 'notBreaching',
};

/** Five minutes on end. */
export const LASTING: Common = {
  period: MINUTE,
  evaluationPeriods: 5,
  comparisonOperator: 'GreaterThanThreshold',
  treatMissingData: 'notBreaching',
};
