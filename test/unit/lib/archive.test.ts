import type * as pulumi from '@pulumi/pulumi';
import {
  basic,
  commonVariables,
  connectToDatabase,
  databaseVariables,
  REGION_ACCOUNT,
  useKey,
} from '../../helpers/functions';
import { policyOf, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const BUCKET = 'tap-archive-bucket';
const BUCKET_ARN = 'arn:aws:s3:::s3-archive-123456789012-dev';
const KEY_ARN = 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data';
const STREAM_ARN = `arn:aws:kinesis:${REGION_ACCOUNT}:stream/kinesis-transactions-dev`;
const ARCHIVER_ARN = `arn:aws:lambda:${REGION_ACCOUNT}:function:lambda-archiver-dev`;
const ROLE_ARN = 'arn:aws:iam::123456789012:role/iam-archive-dev';
const DELIVERY = 'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream';
const LIFECYCLE = 'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration';
const UPLOADS = {
  id: 'uploads',
  status: 'Enabled',
  filter: {},
  abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
};
const OBJECT_LOCK = 'aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration';

let stack: Recording;
let kept: Recording;
beforeAll(async () => {
  stack = await evaluateStack({ config: { ephemeral: 'true' } });
  kept = await evaluateStack({
    config: { archiveColdDays: '30', archiveRetentionDays: '400', archiveLockDays: '180', archiveBufferSeconds: '900' },
  });
});

describe('the bucket of the archive', () => {
  it('is encrypted with the key of payment data, and logs who reads it', () => {
    const type = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';
    expect(stack.find(type, BUCKET).inputs.rules).toEqual([
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: KEY_ARN },
        bucketKeyEnabled: true,
      },
    ]);
    expect(stack.find('aws:s3/bucketLogging:BucketLogging', BUCKET).inputs).toEqual({
      bucket: `${BUCKET}-id`,
      targetBucket: 'tap-access-logs-id',
      targetPrefix: 'archive/',
    });
  });

  it('takes no object that is unencrypted, under another key, or says nothing of one', () => {
    const deny = (Sid: string, header: string, value: string) => ({
      Sid,
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: `${BUCKET_ARN}/*`,
      Condition: { StringNotEquals: { [header]: value } },
    });
    expect(policyOf(stack.find('aws:s3/bucketPolicy:BucketPolicy', BUCKET)).Statement.slice(1)).toEqual([
      deny('KmsOnly', 's3:x-amz-server-side-encryption', 'aws:kms'),
      deny('OwnKeyOnly', 's3:x-amz-server-side-encryption-aws-kms-key-id', KEY_ARN),
    ]);
  });

  it('locks what is written for as long as it is told to', () => {
    expect(kept.find('aws:s3/bucket:Bucket', BUCKET).inputs).toEqual({
      bucket: 's3-archive-123456789012-dev',
      forceDestroy: false,
      objectLockEnabled: true,
    });
    expect(kept.find(OBJECT_LOCK).inputs).toEqual({
      bucket: `${BUCKET}-id`,
      rule: { defaultRetention: { mode: 'GOVERNANCE', days: 180 } },
    });
    expect(kept.closure(kept.find(OBJECT_LOCK))).toContain(`aws:s3/bucketVersioning:BucketVersioning ${BUCKET}`);
  });

  it('can begin to lock later where that is off', async () => {
    const unlocked = await evaluateStack({ config: { archiveLockDays: '0' } });
    expect(unlocked.find('aws:s3/bucket:Bucket', BUCKET).inputs.objectLockEnabled).toBe(true);
    expect(unlocked.ofType(OBJECT_LOCK)).toEqual([]);
  });

  it('moves objects to a cheaper class and lets them expire, sooner what failed', () => {
    const rule = (id: string, days: number) => ({
      id,
      status: 'Enabled',
      filter: { prefix: `${id}/` },
      expiration: { days },
      noncurrentVersionExpiration: { noncurrentDays: 1 },
      abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
    });
    const transitions = [{ days: 30, storageClass: 'GLACIER_IR' }];
    expect(kept.find(LIFECYCLE, BUCKET).inputs).toEqual({
      bucket: `${BUCKET}-id`,
      rules: [
        UPLOADS,
        { ...rule('transactions', 400), transitions },
        { ...rule('refused', 400), transitions },
        rule('failed', 90),
      ],
    });
  });

  it('of an ephemeral environment locks nothing, and nothing expires', () => {
    expect(stack.find('aws:s3/bucket:Bucket', BUCKET).inputs).toEqual({
      bucket: 's3-archive-123456789012-dev',
      forceDestroy: true,
    });
    expect(stack.ofType(OBJECT_LOCK)).toEqual([]);
    expect(stack.find(LIFECYCLE, BUCKET).inputs.rules).toEqual([UPLOADS]);
  });
});

describe('the delivery stream', () => {
  it('reads the stream, has records transformed, and writes them compressed by kind and day', () => {
    expect(stack.find(DELIVERY).inputs).toEqual({
      name: 'firehose-archive-dev',
      destination: 'extended_s3',
      kinesisSourceConfiguration: { kinesisStreamArn: STREAM_ARN, roleArn: ROLE_ARN },
      extendedS3Configuration: {
        bucketArn: BUCKET_ARN,
        roleArn: ROLE_ARN,
        kmsKeyArn: KEY_ARN,
        bufferingInterval: 300,
        bufferingSize: 64,
        compressionFormat: 'GZIP',
        fileExtension: '.ndjson.gz',
        prefix: '!{partitionKeyFromLambda:kind}/date=!{timestamp:yyyy-MM-dd}/',
        errorOutputPrefix: 'failed/!{firehose:error-output-type}/date=!{timestamp:yyyy-MM-dd}/',
        dynamicPartitioningConfiguration: { enabled: true, retryDuration: 300 },
        processingConfiguration: {
          enabled: true,
          processors: [
            {
              type: 'Lambda',
              parameters: [
                { parameterName: 'LambdaArn', parameterValue: `${ARCHIVER_ARN}:$LATEST` },
                { parameterName: 'BufferSizeInMBs', parameterValue: '0.5' },
                { parameterName: 'BufferIntervalInSeconds', parameterValue: '30' },
                { parameterName: 'NumberOfRetries', parameterValue: '30' },
              ],
            },
          ],
        },
        cloudwatchLoggingOptions: {
          enabled: true,
          logGroupName: '/aws/kinesisfirehose/firehose-archive-dev',
          logStreamName: 'delivery',
        },
      },
    });
    expect(kept.find(DELIVERY).inputs.extendedS3Configuration.bufferingInterval).toBe(900);
  });

  it('may do exactly this', () => {
    expect(policyOf(stack.find('aws:iam/rolePolicy:RolePolicy', 'tap-archive-delivery-policy')).Statement).toEqual([
      {
        Sid: 'ReadStream',
        Effect: 'Allow',
        Action: ['kinesis:DescribeStream', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
        Resource: STREAM_ARN,
      },
      useKey('DecryptRecords', 'kms:Decrypt', 'kinesis'),
      {
        Sid: 'TransformRecords',
        Effect: 'Allow',
        Action: ['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction'],
        Resource: `${ARCHIVER_ARN}:$LATEST`,
      },
      {
        Sid: 'FindArchive',
        Effect: 'Allow',
        Action: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
        Resource: BUCKET_ARN,
      },
      {
        Sid: 'WriteArchive',
        Effect: 'Allow',
        Action: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
        Resource: `${BUCKET_ARN}/*`,
      },
      useKey('EncryptArchive', ['kms:Decrypt', 'kms:GenerateDataKey'], 's3'),
      {
        Sid: 'WriteLogs',
        Effect: 'Allow',
        Action: 'logs:PutLogEvents',
        Resource: `arn:aws:logs:${REGION_ACCOUNT}:log-group:/aws/kinesisfirehose/firehose-archive-dev:log-stream:delivery`,
      },
    ]);
  });

  it('has a role that Firehose takes for this account alone', () => {
    const role = stack.find('aws:iam/role:Role', 'tap-archive-delivery-role');
    expect(policyOf(role, 'assumeRolePolicy').Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'firehose.amazonaws.com' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': '123456789012' } },
      },
    ]);
  });

  it('comes after its role’s rights, its log stream, the function’s rights and a closed bucket', () => {
    const before = stack.closure(stack.find(DELIVERY));
    for (const resource of [
      'aws:iam/rolePolicy:RolePolicy tap-archive-delivery-policy',
      'aws:iam/rolePolicy:RolePolicy tap-archive-archiver-policy',
      'aws:cloudwatch/logStream:LogStream tap-archive-delivery-log',
      `aws:s3/bucketPolicy:BucketPolicy ${BUCKET}`,
      `aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock ${BUCKET}`,
    ]) {
      expect(before).toContain(resource);
    }
    expect(kept.closure(kept.find(DELIVERY))).toContain(`${OBJECT_LOCK} ${BUCKET}`);
  });
});

describe('the transformation function', () => {
  it('is in the network, waits for as long as Firehose does, and knows the database alone', async () => {
    const { code, ...inputs } = stack.find('aws:lambda/function:Function', 'tap-archive-archiver-function').inputs;
    expect(inputs).toMatchObject({
      name: 'lambda-archiver-dev',
      role: 'arn:aws:iam::123456789012:role/iam-archiver-dev',
      memorySize: 512,
      timeout: 300,
      vpcConfig: { securityGroupIds: ['tap-network-archiver-id'] },
      loggingConfig: { logGroup: '/aws/lambda/lambda-archiver-dev' },
    });
    expect(inputs.environment.variables).toEqual({
      ...commonVariables('lambda-archiver-dev'),
      ...databaseVariables('tap_archiver'),
    });
    const assets = await (code as pulumi.asset.AssetArchive).assets;
    expect(Object.keys(assets)).toEqual(['index.js', 'rds-ca.pem']);
    expect(await (assets['index.js'] as pulumi.asset.StringAsset).text).toContain('"archiver"');
  });

  it('comes after the migration that makes its role', () => {
    const before = stack.closure(stack.find('aws:lambda/function:Function', 'tap-archive-archiver-function'));
    expect(before).toContain('aws:lambda/invocation:Invocation tap-processor-migration');
  });

  it('may write its log, be attached to the network and sign in to the database', () => {
    expect(policyOf(stack.find('aws:iam/rolePolicy:RolePolicy', 'tap-archive-archiver-policy')).Statement).toEqual([
      ...basic('lambda-archiver-dev'),
      connectToDatabase('tap_archiver'),
    ]);
  });
});

describe('without an archive', () => {
  it('nothing of it is there, and all the rest is', async () => {
    const without = await evaluateStack({ config: { ephemeral: 'true', archive: 'false' } });
    const names = ({ resources }: Recording) => resources.map(({ type, name }) => `${type} ${name}`);
    const gone = names(stack).filter((name) => !names(without).includes(name));
    expect(gone.filter((name) => !/ tap-(archive|monitoring-archive|monitoring-archiver)(-|$)/.test(name))).toEqual([]);
    expect(names(without).filter((name) => name.includes('tap-archive'))).toEqual([]);
    expect(Object.keys(without.stackOutputs).filter((output) => output.startsWith('archive'))).toEqual([]);
    const { dashboardBody } = without.find('aws:cloudwatch/dashboard:Dashboard').inputs;
    expect(dashboardBody).not.toContain('AWS/Firehose');
  });
});
