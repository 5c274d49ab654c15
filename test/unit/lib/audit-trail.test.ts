import { policyOf, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const TRAIL = 'aws:cloudtrail/trail:Trail';
const TRAIL_ARN = 'arn:aws:cloudtrail:ap-northeast-1:123456789012:trail/cloudtrail-audit-dev';
const BUCKET_ARN = 'arn:aws:s3:::s3-audit-trail-123456789012-dev';
const KEY_ARN = 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-monitoring';
const RECORDS = 'tap-audit-records';

let data: Recording;
let all: Recording;
beforeAll(async () => {
  data = await evaluateStack({ config: { auditTrail: 'data', ephemeral: 'true' } });
  all = await evaluateStack({ config: { auditTrail: 'all', archive: 'false', auditLogRetentionDays: '400' } });
});

const OBJECTS = {
  name: 'Objects',
  fieldSelectors: [
    { field: 'eventCategory', equals: ['Data'] },
    { field: 'resources.type', equals: ['AWS::S3::Object'] },
    {
      field: 'resources.ARN',
      startsWiths: ['arn:aws:s3:::s3-failed-records-123456789012-dev/', 'arn:aws:s3:::s3-archive-123456789012-dev/'],
    },
  ],
};
const QUESTIONS = {
  name: 'Questions',
  fieldSelectors: [
    { field: 'eventCategory', equals: ['Data'] },
    { field: 'resources.type', equals: ['AWS::Lambda::Function'] },
    {
      field: 'resources.ARN',
      startsWiths: ['arn:aws:lambda:ap-northeast-1:123456789012:function:lambda-operations-dev'],
    },
  ],
};

test('without the setting there is none, and no key lets CloudTrail in', async () => {
  const none = await evaluateStack();
  expect(none.ofType(TRAIL)).toEqual([]);
  expect(JSON.stringify(none.resources.map(({ inputs }) => inputs))).not.toContain('cloudtrail.amazonaws.com');
});

describe('the trail', () => {
  it('records accesses to payment records and questions to the operations function, signed and encrypted', () => {
    expect(data.find(TRAIL).inputs).toEqual({
      name: 'cloudtrail-audit-dev',
      s3BucketName: `${RECORDS}-id`,
      kmsKeyId: KEY_ARN,
      enableLogFileValidation: true,
      isMultiRegionTrail: false,
      includeGlobalServiceEvents: false,
      advancedEventSelectors: [OBJECTS, QUESTIONS],
    });
  });

  it('records what happens in the account as well, in every region, where it is to', () => {
    const { inputs, protect } = all.find(TRAIL);
    expect(inputs).toMatchObject({ isMultiRegionTrail: true, includeGlobalServiceEvents: true });
    expect(inputs.advancedEventSelectors.at(-1)).toEqual({
      name: 'Management',
      fieldSelectors: [{ field: 'eventCategory', equals: ['Management'] }],
    });
    expect(inputs.advancedEventSelectors[0].fieldSelectors[2].startsWiths).toEqual([
      'arn:aws:s3:::s3-failed-records-123456789012-dev/',
    ]);
    expect([protect, data.find(TRAIL).protect]).toEqual([true, false]);
  });

  it('begins when its bucket is closed and permits it, and is there before the rule that it tells', () => {
    const waits = data.closure(data.find(TRAIL));
    expect(waits).toContain(`aws:s3/bucketPolicy:BucketPolicy ${RECORDS}`);
    expect(waits).toContain(`aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock ${RECORDS}`);
    const rule = all.find('aws:cloudwatch/eventRule:EventRule', 'tap-monitoring-keys');
    expect(all.closure(rule)).toContain(`${TRAIL} tap-audit-trail`);
  });

  it('is watched: who stops, changes or deletes it is told', () => {
    const { eventPattern, name } = data.find('aws:cloudwatch/eventRule:EventRule', 'tap-monitoring-trail').inputs;
    expect(name).toBe('events-trail-dev');
    const named = ['cloudtrail-audit-dev', TRAIL_ARN];
    expect(JSON.parse(eventPattern)).toEqual({
      source: ['aws.cloudtrail'],
      'detail-type': ['AWS API Call via CloudTrail'],
      detail: {
        eventSource: ['cloudtrail.amazonaws.com'],
        eventName: ['DeleteTrail', 'PutEventSelectors', 'StopLogging', 'UpdateTrail'],
        requestParameters: { $or: [{ name: named }, { trailName: named }] },
      },
    });
    expect(data.find('aws:cloudwatch/eventTarget:EventTarget', 'tap-monitoring-trail').inputs).toEqual({
      rule: 'events-trail-dev',
      targetId: 'alarm-topic',
      arn: 'arn:aws:sns:ap-northeast-1:123456789012:sns-alarms-dev',
    });
  });

  it('is told by outputs', () => {
    const names = (stack: Recording & { stackOutputs?: object }) =>
      Object.keys(stack.stackOutputs ?? {}).filter((name) => name.startsWith('auditTrail'));
    expect(names(data)).toEqual(['auditTrailArn', 'auditTrailBucketName']);
  });
});

describe('its bucket', () => {
  it('takes records of this trail alone, over TLS, whatever key CloudTrail has for its digests', () => {
    const source = { 'aws:SourceArn': TRAIL_ARN };
    const cloudTrail = { Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' } };
    expect(policyOf(data.find('aws:s3/bucketPolicy:BucketPolicy', RECORDS)).Statement).toEqual([
      {
        Sid: 'TlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [BUCKET_ARN, `${BUCKET_ARN}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        ...cloudTrail,
        Sid: 'CloudTrailChecks',
        Action: 's3:GetBucketAcl',
        Resource: BUCKET_ARN,
        Condition: { StringEquals: source },
      },
      {
        ...cloudTrail,
        Sid: 'CloudTrailWrites',
        Action: 's3:PutObject',
        Resource: `${BUCKET_ARN}/AWSLogs/123456789012/*`,
        Condition: { StringEquals: { ...source, 's3:x-amz-acl': 'bucket-owner-full-control' } },
      },
    ]);
  });

  it('is encrypted with the key of logs, which CloudTrail may use for this trail', () => {
    const type = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';
    expect(data.find(type, RECORDS).inputs.rules[0].applyServerSideEncryptionByDefault).toEqual({
      sseAlgorithm: 'aws:kms',
      kmsMasterKeyId: KEY_ARN,
    });
    const statements = policyOf(data.find('aws:kms/key:Key', 'tap-kms-monitoring')).Statement;
    expect(statements.find(({ Sid }) => Sid === 'CloudTrailEncrypts')).toEqual({
      Sid: 'CloudTrailEncrypts',
      Effect: 'Allow',
      Principal: { Service: 'cloudtrail.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey*'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceArn': TRAIL_ARN } },
    });
    expect(statements.find(({ Sid }) => Sid === 'AccountUsesThroughServices')?.Condition).toEqual({
      StringEquals: {
        'kms:CallerAccount': '123456789012',
        'kms:ViaService': ['s3.ap-northeast-1.amazonaws.com', 'sns.ap-northeast-1.amazonaws.com'],
      },
    });
  });

  it('keeps records as long as audit logs, locked where the environment is to last', () => {
    const lifecycle = 'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration';
    expect(all.find(lifecycle, RECORDS).inputs.rules[0].expiration).toEqual({ days: 400 });
    const lock = 'aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration';
    expect(all.find(lock, RECORDS).inputs.rule).toEqual({ defaultRetention: { mode: 'GOVERNANCE', days: 400 } });
    expect(data.ofType(lock)).toEqual([]);
    expect(data.find('aws:s3/bucketLogging:BucketLogging', RECORDS).inputs).toMatchObject({
      targetBucket: 'tap-access-logs-id',
      targetPrefix: 'audit-trail/',
    });
  });
});
