import type * as aws from '@pulumi/aws';
import { realiser } from './realise';

const UNITS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The period of EventBridge's `rate(...)`, milliseconds. @throws Error for any other expression */
export function periodOf(expression: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (unit === undefined) throw new Error(`only a rate is a schedule here, not ${expression}`);
  return Number(count) * UNITS[unit as keyof typeof UNITS];
}

/** Rules that run at a rate become schedules of functions; those that wait for events wait for ever here. */
export const schedules = {
  'aws:cloudwatch/eventRule:EventRule': realiser<aws.cloudwatch.EventRuleArgs>(async (inputs, context) => {
    const name = inputs.name as string;
    if (inputs.scheduleExpression !== undefined) context.rates.set(name, periodOf(inputs.scheduleExpression));
    return { id: name, state: { arn: `arn:aws:events:${context.region}:${context.account}:rule/${name}` } };
  }),
  'aws:cloudwatch/eventTarget:EventTarget': realiser<aws.cloudwatch.EventTargetArgs>(async (inputs, context) => {
    const periodMs = context.rates.get(inputs.rule);
    if (periodMs !== undefined) {
      context.schedules.push({
        name: inputs.rule,
        periodMs,
        functionArn: inputs.arn,
        event: JSON.parse(inputs.input ?? '{}'),
      });
    }
    return { id: `${inputs.rule}-${inputs.targetId}` };
  }),
};
