import { policyOf } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const BUDGET = 'aws:budgets/budget:Budget';
const TOPIC_ARN = 'arn:aws:sns:ap-northeast-1:123456789012:sns-alarms-dev';
const sids = (statements: Record<string, unknown>[]) => statements.map(({ Sid }) => Sid);

describe('a budget', () => {
  it('tells the alarm topic before the environment costs more than it may', async () => {
    const stack = await evaluateStack({ config: { monthlyBudgetUsd: '70' } });
    const told = {
      comparisonOperator: 'GREATER_THAN',
      thresholdType: 'PERCENTAGE',
      subscriberSnsTopicArns: [TOPIC_ARN],
    };
    expect(stack.find(BUDGET).inputs).toEqual({
      name: 'budgets-monthly-dev',
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      limitAmount: '70',
      limitUnit: 'USD',
      costFilters: [{ name: 'TagKeyValue', values: ['user:Environment$dev'] }],
      notifications: [
        { ...told, notificationType: 'ACTUAL', threshold: 80 },
        { ...told, notificationType: 'FORECASTED', threshold: 100 },
      ],
    });

    const topic = policyOf(stack.find('aws:sns/topic:Topic', 'tap-monitoring-alarms')).Statement;
    expect(topic.at(-1)).toEqual({
      Sid: 'BudgetPublishes',
      Effect: 'Allow',
      Principal: { Service: 'budgets.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: TOPIC_ARN,
      Condition: {
        StringEquals: { 'aws:SourceAccount': '123456789012' },
        ArnLike: { 'aws:SourceArn': 'arn:aws:budgets::123456789012:*' },
      },
    });
    const key = policyOf(stack.find('aws:kms/key:Key', 'tap-kms-monitoring')).Statement;
    expect(key.at(-1)).toEqual({
      Sid: 'BudgetReachesTheTopic',
      Effect: 'Allow',
      Principal: { Service: 'budgets.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Resource: '*',
    });
  });

  it('is not there, and nor is what it may do, without the setting', async () => {
    const stack = await evaluateStack();
    expect(stack.ofType(BUDGET)).toEqual([]);
    expect(sids(policyOf(stack.find('aws:sns/topic:Topic', 'tap-monitoring-alarms')).Statement)).toEqual([
      'TlsOnly',
      'AlarmsPublish',
      'EventsPublish',
    ]);
    expect(sids(policyOf(stack.find('aws:kms/key:Key', 'tap-kms-monitoring')).Statement)).not.toContain(
      'BudgetReachesTheTopic',
    );
  });
});
