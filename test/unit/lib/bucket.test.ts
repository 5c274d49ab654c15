import { policyOf, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const BUCKET = 'aws:s3/bucket:Bucket';
const ALL = ['tap-access-logs', 'tap-archive-bucket', 'tap-processor-failed-records'];

let stack: Recording;
let kept: Recording;
beforeAll(async () => {
  stack = await evaluateStack({ config: { ephemeral: 'true' } });
  kept = await evaluateStack();
});

describe('every bucket', () => {
  it.each(ALL)('%s is private, versioned and owned by the account', (name) => {
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
  });

  it('answers over TLS only', () => {
    const policies = stack.ofType('aws:s3/bucketPolicy:BucketPolicy');
    expect(policies.map(({ name }) => name).sort()).toEqual(ALL);
    for (const policy of policies) {
      const bucket = stack.find(BUCKET, policy.name).inputs.bucket;
      expect(policyOf(policy).Statement[0]).toEqual({
        Sid: 'TlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      });
    }
  });

  it('uses no deprecated inline setting', () => {
    for (const { inputs } of [...stack.ofType(BUCKET), ...kept.ofType(BUCKET)]) {
      expect(['bucket', 'forceDestroy', 'objectLockEnabled']).toEqual(expect.arrayContaining(Object.keys(inputs)));
    }
  });

  it('is emptied by destroy where the environment may be thrown away, and kept otherwise', () => {
    const fates = (evaluated: Recording) =>
      evaluated.ofType(BUCKET).map(({ name, inputs, protect }) => [name, inputs.forceDestroy, protect]);
    expect(fates(stack).sort()).toEqual(ALL.map((name) => [name, true, false]));
    expect(fates(kept).sort()).toEqual(ALL.map((name) => [name, false, true]));
  });

  it('is never replaced for the sake of object lock', () => {
    for (const { ignoreChanges } of kept.ofType(BUCKET)) expect(ignoreChanges).toEqual(['objectLockEnabled']);
  });
});

describe('the bucket of access logs', () => {
  const NAME = 'tap-access-logs';

  it('is encrypted with a key of S3, which delivers logs under no other, and keeps them for a year', () => {
    const encryption = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';
    expect(stack.find(encryption, NAME).inputs.rules).toEqual([
      { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' }, bucketKeyEnabled: false },
    ]);
    const lifecycle = stack.find('aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration', NAME);
    expect(lifecycle.inputs.rules.map(({ expiration }: { expiration: object }) => expiration)).toEqual([{ days: 365 }]);
  });

  it('takes logs from S3, of this environment’s buckets', () => {
    expect(policyOf(stack.find('aws:s3/bucketPolicy:BucketPolicy', NAME)).Statement.slice(1)).toEqual([
      {
        Sid: 'WriteAccessLogs',
        Effect: 'Allow',
        Principal: { Service: 'logging.s3.amazonaws.com' },
        Action: 's3:PutObject',
        Resource: 'arn:aws:s3:::s3-access-logs-123456789012-dev/*',
        Condition: {
          StringEquals: { 'aws:SourceAccount': '123456789012' },
          ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::s3-*-123456789012-dev' },
        },
      },
    ]);
    const logged = stack.ofType('aws:s3/bucketLogging:BucketLogging').map(({ inputs }) => inputs);
    expect(logged.map(({ targetBucket, targetPrefix }) => `${targetBucket}/${targetPrefix}`).sort()).toEqual([
      'tap-access-logs-id/archive/',
      'tap-access-logs-id/failed-records/',
    ]);
  });

  it('admits S3 before a bucket is told to log there', () => {
    for (const logging of stack.ofType('aws:s3/bucketLogging:BucketLogging')) {
      expect(stack.closure(logging)).toContain(`aws:s3/bucketPolicy:BucketPolicy ${NAME}`);
    }
  });
});
