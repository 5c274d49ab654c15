import { policyOf, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const STREAM = 'aws:kinesis/stream:Stream';
const STREAM_ARN = 'arn:aws:kinesis:ap-northeast-1:123456789012:stream/kinesis-transactions-dev';
const KEY_ARN = 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data';

describe('Stream', () => {
  let stack: Recording;
  beforeAll(async () => {
    stack = await evaluateStack({ config: { ephemeral: 'true' } });
  });

  it('encrypts every record with the data key, by ARN, and gives each shard its metrics', () => {
    expect(stack.find(STREAM).inputs).toEqual({
      name: 'kinesis-transactions-dev',
      streamModeDetails: { streamMode: 'PROVISIONED' },
      shardCount: 1,
      retentionPeriod: 24,
      encryptionType: 'KMS',
      kmsKeyId: KEY_ARN,
      shardLevelMetrics: [
        'IncomingBytes',
        'IncomingRecords',
        'IteratorAgeMilliseconds',
        'OutgoingBytes',
        'OutgoingRecords',
        'ReadProvisionedThroughputExceeded',
        'WriteProvisionedThroughputExceeded',
      ],
      enforceConsumerDeletion: true,
    });
  });

  it('never states a shard count on demand, and protects a stream that is not ephemeral', async () => {
    const onDemand = await evaluateStack({ config: { streamMode: 'ON_DEMAND', streamRetentionHours: '48' } });
    const { inputs, protect } = onDemand.find(STREAM);
    expect(inputs.streamModeDetails).toEqual({ streamMode: 'ON_DEMAND' });
    expect(inputs).not.toHaveProperty('shardCount');
    expect(inputs.retentionPeriod).toBe(48);
    expect(protect).toBe(true);
    expect(stack.find(STREAM).protect).toBe(false);
  });

  it('lets a producer put records, use the key for that, and do nothing else', () => {
    expect(policyOf(stack.find('aws:iam/rolePolicy:RolePolicy', 'tap-stream-producer'))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'PutTransactions',
          Effect: 'Allow',
          Action: ['kinesis:PutRecord', 'kinesis:PutRecords'],
          Resource: STREAM_ARN,
        },
        {
          Sid: 'EncryptRecords',
          Effect: 'Allow',
          Action: 'kms:GenerateDataKey',
          Resource: KEY_ARN,
          Condition: { StringEquals: { 'kms:ViaService': 'kinesis.ap-northeast-1.amazonaws.com' } },
        },
      ],
    });
  });

  it('is assumable by the configured principals, or else by those the account itself allows', async () => {
    const trusted = (recording: Recording) =>
      policyOf(recording.find('aws:iam/role:Role', 'tap-stream-producer'), 'assumeRolePolicy').Statement;
    expect(trusted(stack)).toEqual([
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'sts:AssumeRole' },
    ]);
    const shop = 'arn:aws:iam::210987654321:role/shop';
    const configured = await evaluateStack({ config: { producerPrincipals: JSON.stringify([shop]) } });
    expect(trusted(configured)).toEqual([{ Effect: 'Allow', Principal: { AWS: [shop] }, Action: 'sts:AssumeRole' }]);
  });
});
