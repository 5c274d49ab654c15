import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { createLogGroup, type LogSettings } from './log-group';
import type { Names } from './naming';
import { policyDocument, trustService } from './policies';

export interface FlowLogArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  vpcId: pulumi.Input<string>;
  logs: LogSettings;
}

/**
 * Has every connection in a VPC logged, as an audit event.
 *
 * @returns the name of the log group
 */
export function createFlowLog(name: string, args: FlowLogArgs, parent: pulumi.Resource): pulumi.Output<string> {
  const { names, region, accountId, vpcId, logs } = args;
  const logGroup = createLogGroup(`${name}-flow-logs`, names.logGroups.flowLogs, 'audit', logs, parent);
  const role = new aws.iam.Role(
    `${name}-flow-logs`,
    {
      name: names.of('flowLogsRole'),
      description: 'Writes the flow logs of the VPC',
      assumeRolePolicy: trustService('vpc-flow-logs.amazonaws.com', {
        StringEquals: { 'aws:SourceAccount': accountId },
        ArnLike: { 'aws:SourceArn': pulumi.interpolate`arn:aws:ec2:${region}:${accountId}:vpc-flow-log/*` },
      }),
    },
    { parent },
  );
  const policy = new aws.iam.RolePolicy(
    `${name}-flow-logs`,
    {
      name: 'access',
      role: role.name,
      policy: policyDocument([
        {
          Sid: 'WriteLogs',
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:DescribeLogGroups', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
          Resource: pulumi.interpolate`${logGroup.arn}:*`,
        },
      ]),
    },
    { parent },
  );
  new aws.ec2.FlowLog(
    `${name}-vpc`,
    {
      vpcId,
      trafficType: 'ALL',
      logDestinationType: 'cloud-watch-logs',
      logDestination: logGroup.arn,
      iamRoleArn: role.arn,
    },
    { parent, dependsOn: [policy] },
  );
  return logGroup.name;
}
