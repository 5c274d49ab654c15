import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeKeyCommand, GetKeyPolicyCommand, GetKeyRotationStatusCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetTopicAttributesCommand, SNSClient } from '@aws-sdk/client-sns';
import { client, output } from './stack';

describe.each(['kmsKeyArn', 'monitoringKmsKeyArn'] as const)('key %s', (name) => {
  const kms = new KMSClient(client);
  const KeyId = output(name);

  test('is the customer’s own, enabled, and renewed by itself', async () => {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata).toMatchObject({ Arn: KeyId, KeyManager: 'CUSTOMER', KeyState: 'Enabled', Enabled: true });
    expect((await kms.send(new GetKeyRotationStatusCommand({ KeyId }))).KeyRotationEnabled).toBe(true);
  });

  test('names no principal but the account and AWS services', async () => {
    const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }));
    const principals: Record<string, string>[] = JSON.parse(Policy).Statement.map(
      (statement: { Principal: Record<string, string> }) => statement.Principal,
    );
    const account = KeyId.split(':')[4];
    for (const { AWS, Service } of principals) {
      expect(AWS ?? Service).toMatch(
        AWS ? new RegExp(`^arn:aws:iam::${account}:root$`) : /^[a-z0-9.-]+\.amazonaws\.com$/,
      );
    }
  });
});

describe('log groups', () => {
  const logs = new CloudWatchLogsClient(client);

  test.each([
    ['logGroupName', 1],
    ['operationsLogGroupName', 365],
    ['publisherLogGroupName', 1],
    ['flowLogGroupName', 1],
  ] as const)('%s expires, is encrypted, and keeps %i days or longer', async (name, days) => {
    const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: output(name) }));
    const group = logGroups.find(({ logGroupName }) => logGroupName === output(name));
    expect(group?.kmsKeyId).toBe(output('monitoringKmsKeyArn'));
    expect(group?.retentionInDays).toBeGreaterThanOrEqual(days);
  });
});

describe('alarms', () => {
  const names = output('alarmNames').split(',');

  async function alarms() {
    const command = new DescribeAlarmsCommand({ AlarmNames: names, AlarmTypes: ['MetricAlarm'], MaxRecords: 100 });
    return (await new CloudWatchClient(client).send(command)).MetricAlarms ?? [];
  }

  test('every one of the outputs is there and reaches the topic', async () => {
    const found = await alarms();
    expect(found.map(({ AlarmName }) => AlarmName).toSorted()).toEqual(names.toSorted());
    for (const alarm of found)
      expect([alarm.AlarmName, alarm.AlarmActions]).toEqual([alarm.AlarmName, [output('alarmTopicArn')]]);
  });

  test('every one names what it watches', async () => {
    for (const alarm of await alarms())
      expect([alarm.AlarmName, alarm.Dimensions?.length]).not.toEqual([alarm.AlarmName, 0]);
  });

  test('the topic is encrypted with the key that CloudWatch may use', async () => {
    const command = new GetTopicAttributesCommand({ TopicArn: output('alarmTopicArn') });
    expect((await new SNSClient(client).send(command)).Attributes?.KmsMasterKeyId).toBe(output('monitoringKmsKeyArn'));
  });
});
