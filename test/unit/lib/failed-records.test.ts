import { policyOf, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const BUCKET = 'aws:s3/bucket:Bucket';
const RECORDS = 'tap-processor-failed-records';
const KEY_ARN = 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data';

let stack: Recording;
beforeAll(async () => {
  stack = await evaluateStack({ config: { ephemeral: 'true' } });
});

describe('the bucket of failed records', () => {
  it('is encrypted with the data key, and logs who read it', () => {
    expect(stack.find(BUCKET, RECORDS).inputs).toEqual({
      bucket: 's3-failed-records-123456789012-dev',
      forceDestroy: true,
    });
    const type = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';
    expect(stack.find(type, RECORDS).inputs.rules).toEqual([
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: KEY_ARN },
        bucketKeyEnabled: true,
      },
    ]);
    expect(stack.find('aws:s3/bucketLogging:BucketLogging', RECORDS).inputs).toEqual({
      bucket: `${RECORDS}-id`,
      targetBucket: 'tap-access-logs-id',
      targetPrefix: 'failed-records/',
    });
  });

  it('forgets after ninety days, wherever it is', async () => {
    for (const evaluated of [stack, await evaluateStack()]) {
      expect(
        evaluated.find('aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration', RECORDS).inputs,
      ).toEqual({
        bucket: `${RECORDS}-id`,
        rules: [
          {
            id: 'expire',
            status: 'Enabled',
            filter: {},
            expiration: { days: 90 },
            noncurrentVersionExpiration: { noncurrentDays: 1 },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
          },
        ],
      });
    }
  });

  it('takes objects under no other key, and without a word of one under its own', () => {
    const { Statement } = policyOf(stack.find('aws:s3/bucketPolicy:BucketPolicy', RECORDS));
    const stated = { Null: { 's3:x-amz-server-side-encryption': 'false' } };
    expect(Statement.map(({ Sid, Condition }) => [Sid, Condition])).toEqual([
      ['TlsOnly', { Bool: { 'aws:SecureTransport': 'false' } }],
      ['KmsOnly', { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' }, ...stated }],
      ['OwnKeyOnly', { StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': KEY_ARN }, ...stated }],
      ['NoKeyBroughtAlong', { Null: { 's3:x-amz-server-side-encryption-customer-algorithm': 'false' } }],
    ]);
  });

  it('is closed, encrypted and expiring before the mapping or its role can reach it', () => {
    for (const user of [
      stack.find('aws:lambda/eventSourceMapping:EventSourceMapping'),
      stack.find('aws:iam/rolePolicy:RolePolicy', 'tap-processor-stream-policy'),
    ]) {
      const before = stack.closure(user);
      for (const setting of [
        'bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
        'bucketPublicAccessBlock:BucketPublicAccessBlock',
        'bucketOwnershipControls:BucketOwnershipControls',
        'bucketVersioning:BucketVersioning',
        'bucketLifecycleConfiguration:BucketLifecycleConfiguration',
        'bucketPolicy:BucketPolicy',
        'bucketLogging:BucketLogging',
      ]) {
        expect(before).toContain(`aws:s3/${setting} ${RECORDS}`);
      }
    }
  });
});
