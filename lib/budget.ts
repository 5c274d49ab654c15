import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';
import type { Names } from './naming';

export interface BudgetArgs {
  names: Names;
  /** What the environment may cost a month, USD. */
  monthlyUsd: number;
  /** Topic that is told; its policy and its key must let `budgets.amazonaws.com` use them. */
  topicArn: pulumi.Input<string>;
}

/** What tells: this share of the budget spent, and the whole of it foreseen, percent. */
const THRESHOLDS = [
  { notificationType: 'ACTUAL', threshold: 80 },
  { notificationType: 'FORECASTED', threshold: 100 },
];

/**
 * A monthly budget for what carries this environment's tag. AWS counts by a tag only once it is activated as a cost
 * allocation tag in the payer's account.
 */
export function createBudget(name: string, { names, monthlyUsd, topicArn }: BudgetArgs, parent: pulumi.Resource): void {
  new aws.budgets.Budget(
    name,
    {
      name: names.of('budget'),
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      limitAmount: String(monthlyUsd),
      limitUnit: 'USD',
      costFilters: [{ name: 'TagKeyValue', values: [`user:Environment$${names.suffix}`] }],
      notifications: THRESHOLDS.map((threshold) => ({
        ...threshold,
        comparisonOperator: 'GREATER_THAN',
        thresholdType: 'PERCENTAGE',
        subscriberSnsTopicArns: [topicArn],
      })),
    },
    { parent },
  );
}
