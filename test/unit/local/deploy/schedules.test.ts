import type { Context } from '../../../../local/deploy/realise';
import { periodOf, schedules } from '../../../../local/deploy/schedules';

const RULE = 'aws:cloudwatch/eventRule:EventRule';
const TARGET = 'aws:cloudwatch/eventTarget:EventTarget';
const ARN = 'arn:aws:lambda:ap-northeast-1:123456789012:function:operations:operate';

function newContext(): Context {
  return { region: 'ap-northeast-1', account: '123456789012', rates: new Map(), schedules: [] } as unknown as Context;
}

test.each([
  ['rate(1 minute)', 60_000],
  ['rate(15 minutes)', 900_000],
  ['rate(2 hours)', 7_200_000],
  ['rate(1 day)', 86_400_000],
])('%s is %i ms', (expression, milliseconds) => {
  expect(periodOf(expression)).toBe(milliseconds);
});

test('any other schedule is refused', () => {
  expect(() => periodOf('cron(0 3 * * ? *)')).toThrow('only a rate is a schedule here, not cron(0 3 * * ? *)');
});

test('a rule with a rate and its target become a schedule', async () => {
  const context = newContext();
  const rule = await schedules[RULE]({ name: 'events-rebuild', scheduleExpression: 'rate(15 minutes)' }, context);
  expect(rule.state).toEqual({ arn: 'arn:aws:events:ap-northeast-1:123456789012:rule/events-rebuild' });
  await schedules[TARGET]({ rule: 'events-rebuild', arn: ARN, input: '{"action":"rebuild"}' }, context);
  expect(context.schedules).toEqual([
    { name: 'events-rebuild', periodMs: 900_000, functionArn: ARN, event: { action: 'rebuild' } },
  ]);
});

test('a rule that waits for events invokes nothing', async () => {
  const context = newContext();
  await schedules[RULE]({ name: 'events-keys', eventPattern: '{}' }, context);
  await schedules[TARGET]({ rule: 'events-keys', arn: 'arn:aws:sns:ap-northeast-1:123456789012:alarms' }, context);
  expect(context.schedules).toEqual([]);
});
