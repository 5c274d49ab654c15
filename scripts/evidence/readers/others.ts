import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeKeyCommand, GetKeyPolicyCommand, GetKeyRotationStatusCommand } from '@aws-sdk/client-kms';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { GetTopicAttributesCommand } from '@aws-sdk/client-sns';
import type { Reader } from './reader';

/** A key is found by its alias. */
const key: Reader = async ({ name, clients: { kms } }) => {
  const { KeyMetadata: found } = await kms.send(new DescribeKeyCommand({ KeyId: name }));
  const KeyId = found?.KeyId;
  const { KeyRotationEnabled } = await kms.send(new GetKeyRotationStatusCommand({ KeyId }));
  const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }));
  return found && { arn: found.Arn, enableKeyRotation: KeyRotationEnabled, policy: Policy };
};

const logGroup: Reader = async ({ name, clients: { logs } }) => {
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
  const found = logGroups.find(({ logGroupName }) => logGroupName === name);
  return found && { name, retentionInDays: found.retentionInDays, kmsKeyId: found.kmsKeyId };
};

const alarm: Reader = async ({ name, clients: { cloudwatch } }) => {
  const [found] = (await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [name] }))).MetricAlarms ?? [];
  return found && { name, alarmActions: found.AlarmActions ?? [], okActions: found.OKActions ?? [] };
};

const topic: Reader = async ({ name, region, account, clients: { sns } }) => {
  const TopicArn = `arn:aws:sns:${region}:${account}:${name}`;
  const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
  return Attributes && { name, kmsMasterKeyId: Attributes.KmsMasterKeyId, policy: Attributes.Policy };
};

/** Names of variables only: what they hold is nobody's business here. */
const lambda: Reader = async ({ name, clients: { lambda: client } }) => {
  const found = await client.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
  const names = Object.keys(found.Environment?.Variables ?? {});
  return {
    name: found.FunctionName,
    loggingConfig: { logGroup: found.LoggingConfig?.LogGroup },
    environment: { variables: Object.fromEntries(names.map((variable) => [variable, ''])) },
  };
};

export const others: Record<string, Reader> = {
  'aws:kms/key:Key': key,
  'aws:cloudwatch/logGroup:LogGroup': logGroup,
  'aws:cloudwatch/metricAlarm:MetricAlarm': alarm,
  'aws:sns/topic:Topic': topic,
  'aws:lambda/function:Function': lambda,
};
