import { type Evidence, isViolated } from '../../scripts/evidence/evidence';
import { collect } from '../../scripts/evidence/main';
import { ON_AWS, output } from './stack';

jest.setTimeout(180_000); // the program is evaluated, and AWS asked some hundred times

/** What the emulator does not keep of what it is told, as policy, type and subject. */
const NOT_EMULATED = [
  'database-logged aws:rds/instance:Instance log iam-db-auth-error',
  'database-logged aws:rds/instance:Instance log postgresql',
  'database-logged aws:rds/instance:Instance log upgrade',
  'iam-sign-in aws:elasticache/user:User authenticationMode.type',
  'stores-encrypted aws:elasticache/replicationGroup:ReplicationGroup kmsKeyId',
  'stores-encrypted aws:rds/instance:Instance performanceInsightsKmsKeyId',
];

let evidence: Evidence;
beforeAll(async () => {
  const set = { environmentSuffix: output('environmentSuffix'), region: output('region') };
  evidence = await collect({ stack: 'dev', set, deployed: true, date: '2026-11-21' });
});

const found = () =>
  evidence.policies.flatMap(({ name, findings }) =>
    findings.map((finding) => ({ finding, key: `${name} ${finding.type} ${finding.subject}` })),
  );

test('the account agrees with the program', () => {
  const violated = found().filter(({ finding }) => isViolated(finding));
  expect([...new Set(violated.map(({ key }) => key))].sort()).toEqual(ON_AWS ? [] : NOT_EMULATED);
});

test('everything that is looked for is there and can be read', () => {
  expect(evidence.unread.filter((what) => ON_AWS || !what.endsWith('(UnknownOperationException)'))).toEqual([]);
});

test('encryption, exposure, retention and sign-in are seen in the account itself', () => {
  const met = found()
    .filter(({ finding }) => finding.account?.state === 'met')
    .map(({ key }) => key);
  expect(met).toEqual(
    expect.arrayContaining([
      'stores-encrypted aws:kinesis/stream:Stream kmsKeyId',
      'stores-encrypted aws:rds/instance:Instance kmsKeyId',
      'stores-encrypted aws:cloudwatch/logGroup:LogGroup kmsKeyId',
      'stores-encrypted aws:sns/topic:Topic kmsMasterKeyId',
      'keys-rotated aws:kms/key:Key enableKeyRotation',
      'stores-over-tls aws:elasticache/replicationGroup:ReplicationGroup transitEncryptionMode',
      'stores-over-tls aws:rds/parameterGroup:ParameterGroup parameters',
      'policies-refuse-plaintext aws:s3/bucketPolicy:BucketPolicy policy',
      'nothing-public aws:rds/instance:Instance publiclyAccessible',
      'buckets-closed aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock blockPublicPolicy',
      'buckets-log-access aws:s3/bucket:Bucket BucketLogging',
      'iam-sign-in aws:rds/instance:Instance iamDatabaseAuthenticationEnabled',
      'logs-kept aws:cloudwatch/logGroup:LogGroup retentionInDays',
      'alarms-notify aws:cloudwatch/metricAlarm:MetricAlarm alarmActions',
    ]),
  );
});
