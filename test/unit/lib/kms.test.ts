import { policyOf, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const KEY = 'aws:kms/key:Key';
const ROOT = { AWS: 'arn:aws:iam::123456789012:root' };
const LOGS = 'arn:aws:logs:ap-northeast-1:123456789012:log-group:';

const ADMINISTRATION = {
  Sid: 'AccountAdministers',
  Effect: 'Allow',
  Principal: ROOT,
  Action: [
    'kms:CancelKeyDeletion',
    'kms:CreateAlias',
    'kms:DeleteAlias',
    'kms:DescribeKey',
    'kms:DisableKey',
    'kms:DisableKeyRotation',
    'kms:EnableKey',
    'kms:EnableKeyRotation',
    'kms:GetKeyPolicy',
    'kms:GetKeyRotationStatus',
    'kms:ListGrants',
    'kms:ListKeyPolicies',
    'kms:ListKeyRotations',
    'kms:ListResourceTags',
    'kms:PutKeyPolicy',
    'kms:RevokeGrant',
    'kms:RotateKeyOnDemand',
    'kms:ScheduleKeyDeletion',
    'kms:TagResource',
    'kms:UntagResource',
    'kms:UpdateAlias',
    'kms:UpdateKeyDescription',
  ],
  Resource: '*',
};

const useThrough = (...services: string[]) => ({
  Sid: 'AccountUsesThroughServices',
  Effect: 'Allow',
  Principal: ROOT,
  Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
  Resource: '*',
  Condition: {
    StringEquals: {
      'kms:CallerAccount': '123456789012',
      'kms:ViaService': services.map((service) => `${service}.ap-northeast-1.amazonaws.com`),
    },
  },
});

describe('Kms', () => {
  let stack: Recording;
  beforeAll(async () => {
    stack = await evaluateStack({ config: { ephemeral: 'true', ingest: 'public' } });
  });

  it('makes two keys that rotate, each under an alias', () => {
    expect(stack.ofType(KEY).map(({ name, inputs: { policy, ...inputs } }) => [name, inputs])).toEqual([
      ['tap-kms-data', { description: 'Payment data at rest', enableKeyRotation: true, deletionWindowInDays: 7 }],
      ['tap-kms-monitoring', { description: 'Logs and alarms', enableKeyRotation: true, deletionWindowInDays: 7 }],
    ]);
    expect(stack.ofType('aws:kms/alias:Alias').map(({ inputs }) => inputs)).toEqual([
      {
        name: 'alias/kms-data-dev',
        targetKeyId: 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data',
      },
      {
        name: 'alias/kms-monitoring-dev',
        targetKeyId: 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-monitoring',
      },
    ]);
  });

  it('lets the account use the data key for what the stores hold, and for nothing else', () => {
    expect(policyOf(stack.find(KEY, 'tap-kms-data'))).toEqual({
      Version: '2012-10-17',
      Statement: [
        ADMINISTRATION,
        useThrough('elasticache', 'kinesis', 'rds', 's3', 'sns'),
        {
          Sid: 'StoresHoldGrants',
          Effect: 'Allow',
          Principal: ROOT,
          Action: 'kms:CreateGrant',
          Resource: '*',
          Condition: {
            StringEquals: {
              'kms:ViaService': ['elasticache.ap-northeast-1.amazonaws.com', 'rds.ap-northeast-1.amazonaws.com'],
            },
            Bool: { 'kms:GrantIsForAWSResource': 'true' },
          },
        },
      ],
    });
  });

  it('lets logs, alarms and events use the monitoring key; events without a condition, which EventBridge cannot meet', () => {
    expect(policyOf(stack.find(KEY, 'tap-kms-monitoring'))).toEqual({
      Version: '2012-10-17',
      Statement: [
        ADMINISTRATION,
        useThrough('sns'),
        {
          Sid: 'LogsEncrypt',
          Effect: 'Allow',
          Principal: { Service: 'logs.ap-northeast-1.amazonaws.com' },
          Action: ['kms:Decrypt*', 'kms:Describe*', 'kms:Encrypt*', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
          Resource: '*',
          Condition: {
            ArnLike: {
              'kms:EncryptionContext:aws:logs:arn': [
                `${LOGS}/aws/lambda/lambda-processor-dev`,
                `${LOGS}/aws/lambda/lambda-operations-dev`,
                `${LOGS}/aws/lambda/lambda-publisher-dev`,
                `${LOGS}/aws/lambda/lambda-archiver-dev`,
                `${LOGS}/aws/kinesisfirehose/firehose-archive-dev`,
                `${LOGS}/aws/apigateway/apigateway-access-dev`,
                `${LOGS}/aws/rds/instance/rds-transactions-dev/postgresql`,
                `${LOGS}/aws/rds/instance/rds-transactions-dev/upgrade`,
                `${LOGS}/aws/rds/instance/rds-transactions-dev/iam-db-auth-error`,
                `${LOGS}/aws/elasticache/redis-history-dev/slow-log`,
                `${LOGS}/aws/elasticache/redis-history-dev/engine-log`,
                `${LOGS}/aws/vpc/ec2-main-dev/flow-logs`,
              ],
            },
          },
        },
        {
          Sid: 'AlarmsReachTheTopic',
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          Resource: '*',
          Condition: {
            StringEquals: { 'aws:SourceAccount': '123456789012' },
            ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:cloudwatch-*-dev' },
          },
        },
        {
          Sid: 'EventsReachTheTopic',
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          Resource: '*',
        },
      ],
    });
  });

  it('covers every log group the stack makes, and no group that it does not', () => {
    const made = stack.ofType('aws:cloudwatch/logGroup:LogGroup').map(({ inputs }) => `${LOGS}${inputs.name}`);
    const { Statement } = policyOf(stack.find(KEY, 'tap-kms-monitoring'));
    const { Condition } = Statement.find(({ Sid }) => Sid === 'LogsEncrypt') as {
      Condition: { ArnLike: Record<string, string[]> };
    };
    expect(made.sort()).toEqual(Condition.ArnLike['kms:EncryptionContext:aws:logs:arn']?.sort());
  });

  it('gives a key that is kept the longest way back', async () => {
    const kept = await evaluateStack();
    expect(kept.ofType(KEY).map(({ inputs, protect }) => [inputs.deletionWindowInDays, protect])).toEqual([
      [30, true],
      [30, true],
    ]);
    expect(stack.ofType(KEY).map(({ protect }) => protect)).toEqual([false, false]);
  });
});
