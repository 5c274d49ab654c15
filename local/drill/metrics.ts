import type { Platform } from '../platform';
import type { Alarm } from './alarms';

/** A datapoint as the alarm's statistic takes it: one value a batch, run or record given up. */
type Values = Record<string, number[]>;

/**
 * The metrics of a local run that alarms watch: those the functions write to their logs, and those AWS measures of functions
 * and event source mappings, from what the run itself sees of them.
 */
export class Metrics {
  private readonly lambda: Values = {};

  constructor(private readonly platform: Platform) {
    const { poller, schedules, outputs } = platform;
    const processor = `FunctionName=${outputs.processorFunctionName}`;
    poller.on('batch', ({ outcome, endedAt, durationMs, oldestArrival }) => {
      this.note(`AWS/Lambda IteratorAge ${processor}`, endedAt - durationMs - oldestArrival);
      if (outcome === 'error') this.note(`AWS/Lambda Errors ${processor}`, 1);
    });
    poller.on('failed', ({ records }) =>
      this.note(
        `AWS/Lambda OnFailureDestinationDeliveredEventCount EventSourceMappingUUID=${outputs.eventSourceMappingId}`,
        records,
      ),
    );
    schedules.on('failed', ({ functionArn }) =>
      this.note(`AWS/Lambda Errors FunctionName=${functionArn.split(':')[6]}`, 1),
    );
  }

  /** What the alarm's statistic makes of everything measured so far; undefined when nothing was. */
  read({ namespace, metricName, dimension, statistic }: Alarm): number | undefined {
    const key = `${namespace} ${metricName} ${dimension}`;
    const values = this.lambda[key] ?? this.logged()[key] ?? [];
    if (values.length === 0) return undefined;
    return statistic === 'Sum' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
  }

  private note(key: string, value: number): void {
    this.lambda[key] = [...(this.lambda[key] ?? []), value];
  }

  /** Metrics in CloudWatch's embedded format, from the last lines of the functions' logs. */
  private logged(): Values {
    const values: Values = {};
    for (const line of this.platform.functionLog(LOG_LINES)) {
      if (!line.includes('"_aws"')) continue;
      const logged = JSON.parse(line.slice(line.indexOf('{'))) as Logged;
      for (const { Namespace, Metrics } of logged._aws.CloudWatchMetrics) {
        for (const { Name } of Metrics) {
          const key = `${Namespace} ${Name} service=${logged.service}`;
          values[key] = [...(values[key] ?? []), ...[logged[Name] as number | number[]].flat()];
        }
      }
    }
    return values;
  }
}

/** More than a drill makes a function write. */
const LOG_LINES = 5_000;

interface Logged {
  _aws: { CloudWatchMetrics: { Namespace: string; Metrics: { Name: string }[] }[] };
  service: string;
  [metric: string]: unknown;
}
