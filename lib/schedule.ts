import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';

export interface ScheduleArgs {
  /** Physical name of the rule. */
  ruleName: string;
  description: string;
  /** How often, as EventBridge writes it: `rate(15 minutes)`. */
  rate: string;
  function: aws.lambda.Function;
  /** Alias to invoke it under. @default none: the function itself */
  alias?: aws.lambda.Alias;
  /** What the function is given. */
  event: object;
}

/**
 * Has EventBridge invoke a function again and again. A function and each of its aliases have policies of their own, so the
 * permission stands on exactly what the rule invokes.
 */
export function invokeRegularly(name: string, args: ScheduleArgs, parent: pulumi.Resource): void {
  const { alias } = args;
  const rule = new aws.cloudwatch.EventRule(
    name,
    { name: args.ruleName, description: args.description, scheduleExpression: args.rate },
    { parent },
  );
  const permission = new aws.lambda.Permission(
    name,
    {
      statementId: args.ruleName,
      function: args.function.name,
      ...(alias && { qualifier: alias.name }),
      action: 'lambda:InvokeFunction',
      principal: 'events.amazonaws.com',
      sourceArn: rule.arn,
    },
    { parent },
  );
  new aws.cloudwatch.EventTarget(
    name,
    { rule: rule.name, targetId: 'function', arn: (alias ?? args.function).arn, input: JSON.stringify(args.event) },
    { parent, dependsOn: [permission] },
  );
}
