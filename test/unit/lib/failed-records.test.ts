import { policyOf, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const BUCKET = 'aws:s3/bucket:Bucket';
const RECORDS = 'tap-processor-failed-records';
const ACCESS_LOGS = 'tap-processor-failed-access-logs';

const tlsOnly = (bucket: string) => ({
  Sid: 'TlsOnly',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

describe('FailedRecords', () => {
  let stack: Recording;
  beforeAll(async () => {
    stack = await evaluateStack({ config: { ephemeral: 'true' } });
  });

  it('is a bucket for the records and one for the log of who read them, both emptied by destroy', () => {
    expect(stack.ofType(BUCKET).map(({ name, inputs, protect }) => [name, inputs, protect])).toEqual([
      [RECORDS, { bucket: 's3-failed-records-123456789012-dev', forceDestroy: true }, false],
      [ACCESS_LOGS, { bucket: 's3-access-logs-123456789012-dev', forceDestroy: true }, false],
    ]);
    expect(stack.find('aws:s3/bucketLogging:BucketLogging').inputs).toEqual({
      bucket: `${RECORDS}-id`,
      targetBucket: `${ACCESS_LOGS}-id`,
      targetPrefix: 'failed-records/',
    });
  });

  it('encrypts the records with the data key; S3 writes its logs under its own', () => {
    const type = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';
    expect(stack.find(type, RECORDS).inputs).toEqual({
      bucket: `${RECORDS}-id`,
      rules: [
        {
          applyServerSideEncryptionByDefault: {
            sseAlgorithm: 'aws:kms',
            kmsMasterKeyId: 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data',
          },
          bucketKeyEnabled: true,
        },
      ],
    });
    expect(stack.find(type, ACCESS_LOGS).inputs.rules).toEqual([
      { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' }, bucketKeyEnabled: false },
    ]);
  });

  it.each([RECORDS, ACCESS_LOGS])('%s is private, versioned, owned by the account, and forgets', (name) => {
    expect(stack.find('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock', name).inputs).toEqual({
      bucket: `${name}-id`,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(stack.find('aws:s3/bucketOwnershipControls:BucketOwnershipControls', name).inputs).toEqual({
      bucket: `${name}-id`,
      rule: { objectOwnership: 'BucketOwnerEnforced' },
    });
    expect(stack.find('aws:s3/bucketVersioning:BucketVersioning', name).inputs).toEqual({
      bucket: `${name}-id`,
      versioningConfiguration: { status: 'Enabled' },
    });
    expect(stack.find('aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration', name).inputs).toEqual({
      bucket: `${name}-id`,
      rules: [
        {
          id: 'expire',
          status: 'Enabled',
          filter: {},
          expiration: { days: name === RECORDS ? 90 : 365 },
          noncurrentVersionExpiration: { noncurrentDays: 1 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
        },
      ],
    });
  });

  it('answers over TLS only, and lets S3 log this bucket and no other', () => {
    const policy = (name: string) => policyOf(stack.find('aws:s3/bucketPolicy:BucketPolicy', name)).Statement;
    expect(policy(RECORDS)).toEqual([tlsOnly('s3-failed-records-123456789012-dev')]);
    expect(policy(ACCESS_LOGS)).toEqual([
      tlsOnly('s3-access-logs-123456789012-dev'),
      {
        Sid: 'WriteAccessLogs',
        Effect: 'Allow',
        Principal: { Service: 'logging.s3.amazonaws.com' },
        Action: 's3:PutObject',
        Resource: 'arn:aws:s3:::s3-access-logs-123456789012-dev/failed-records/*',
        Condition: {
          StringEquals: { 'aws:SourceAccount': '123456789012' },
          ArnEquals: { 'aws:SourceArn': 'arn:aws:s3:::s3-failed-records-123456789012-dev' },
        },
      },
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

  it('uses no deprecated inline setting of a bucket', () => {
    for (const { inputs } of stack.ofType(BUCKET))
      expect(Object.keys(inputs).sort()).toEqual(['bucket', 'forceDestroy']);
  });

  it('is kept where the environment is', async () => {
    const kept = await evaluateStack();
    expect(kept.ofType(BUCKET).map(({ inputs, protect }) => [inputs.forceDestroy, protect])).toEqual([
      [false, true],
      [false, true],
    ]);
  });
});
