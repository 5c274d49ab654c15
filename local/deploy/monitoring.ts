import {
  type ComparisonOperator,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  type Statistic,
} from '@aws-sdk/client-cloudwatch';
import { CreateLogGroupCommand, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateTopicCommand } from '@aws-sdk/client-sns';
import type * as aws from '@pulumi/aws';
import { realiser } from './realise';

export const monitoring = {
  'aws:cloudwatch/logGroup:LogGroup': realiser<aws.cloudwatch.LogGroupArgs>(
    async (inputs, { clients: { logs }, region, account }) => {
      const logGroupName = inputs.name as string;
      await logs.send(new CreateLogGroupCommand({ logGroupName, kmsKeyId: inputs.kmsKeyId }));
      if (inputs.retentionInDays) {
        await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: inputs.retentionInDays }));
      }
      return { id: logGroupName, state: { arn: `arn:aws:logs:${region}:${account}:log-group:${logGroupName}` } };
    },
  ),
  'aws:sns/topic:Topic': realiser<aws.sns.TopicArgs>(async (inputs, { clients: { sns } }) => {
    const Attributes: Record<string, string> = {
      ...(inputs.kmsMasterKeyId && { KmsMasterKeyId: inputs.kmsMasterKeyId }),
      ...(inputs.policy && { Policy: inputs.policy as string }),
      ...(inputs.fifoTopic && {
        FifoTopic: 'true',
        ContentBasedDeduplication: String(inputs.contentBasedDeduplication ?? false),
      }),
    };
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: inputs.name, Attributes }));
    return { id: TopicArn, state: { arn: TopicArn } };
  }),
  'aws:cloudwatch/metricAlarm:MetricAlarm': realiser<aws.cloudwatch.MetricAlarmArgs>(
    async (inputs, { clients: { cloudwatch }, region, account }) => {
      const AlarmName = inputs.name as string;
      await cloudwatch.send(
        new PutMetricAlarmCommand({
          AlarmName,
          AlarmDescription: inputs.alarmDescription,
          AlarmActions: inputs.alarmActions as string[] | undefined,
          OKActions: inputs.okActions as string[] | undefined,
          Namespace: inputs.namespace,
          MetricName: inputs.metricName,
          Dimensions: Object.entries(inputs.dimensions ?? {}).map(([Name, Value]) => ({ Name, Value })),
          Statistic: inputs.statistic as Statistic | undefined,
          Period: inputs.period,
          EvaluationPeriods: inputs.evaluationPeriods,
          DatapointsToAlarm: inputs.datapointsToAlarm,
          Threshold: inputs.threshold,
          ComparisonOperator: inputs.comparisonOperator as ComparisonOperator,
          TreatMissingData: inputs.treatMissingData,
        }),
      );
      return { id: AlarmName, state: { arn: `arn:aws:cloudwatch:${region}:${account}:alarm:${AlarmName}` } };
    },
  ),
  'aws:cloudwatch/dashboard:Dashboard': realiser<aws.cloudwatch.DashboardArgs>(
    async ({ dashboardName, dashboardBody }, { clients: { cloudwatch } }) => {
      const DashboardBody = dashboardBody as string;
      await cloudwatch.send(new PutDashboardCommand({ DashboardName: dashboardName, DashboardBody }));
      return { id: dashboardName };
    },
  ),
};
