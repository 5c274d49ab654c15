import { type Resource, UNKNOWN } from '../../../../policy/policy';
import { createClients, readAccount } from '../../../../scripts/evidence/account';
import type { Clients } from '../../../../scripts/evidence/readers/reader';

const WHERE = { environmentSuffix: 'dev', region: 'ap-northeast-1', account: '123456789012' };
const KEY_ARN = 'arn:aws:kms:ap-northeast-1:123456789012:key/1b2c3d4e';

/** Clients that answer commands by their names, and throw errors that they are given. */
function clients(answers: Record<string, unknown>): Clients {
  const all = createClients(WHERE.region);
  for (const client of Object.values(all)) {
    client.send = (async (command: { constructor: { name: string } }) => {
      const answer = answers[command.constructor.name];
      if (answer instanceof Error) throw answer;
      if (answer === undefined) throw new Error(`nobody asked for ${command.constructor.name}`);
      return answer;
    }) as never;
  }
  return all;
}

const resource = (type: string, properties: object, references = {}): Resource => ({
  urn: `urn:${type}`,
  type,
  name: 'tap-one',
  properties,
  protect: true,
  defaultTags: { Environment: 'dev', Project: 'p' },
  references,
});

/** What is read of one resource, and what could not be. */
async function read(one: Resource, answers: Record<string, unknown>) {
  const { resources, unread } = await readAccount([one], WHERE, clients(answers));
  return { properties: resources.map(({ properties }) => properties), unread };
}

const refused = Object.assign(new Error('not allowed'), { name: 'AccessDeniedException' });

test('a resource of the account has the properties that were read, and nothing else is taken for known', async () => {
  const stream = resource('aws:kinesis/stream:Stream', {
    name: 'kinesis-transactions-dev',
    enforceConsumerDeletion: true,
  });
  const summary = {
    StreamName: 'kinesis-transactions-dev',
    EncryptionType: 'KMS',
    KeyId: KEY_ARN,
    RetentionPeriodHours: 24,
  };
  const answers = { DescribeStreamSummaryCommand: { StreamDescriptionSummary: summary } };
  const { account, resources, unread } = await readAccount([stream], WHERE, clients(answers));
  expect({ account, resources, unread }).toEqual({
    account: '123456789012',
    resources: [
      {
        ...stream,
        properties: { name: 'kinesis-transactions-dev', encryptionType: 'KMS', kmsKeyId: KEY_ARN, retentionPeriod: 24 },
        partial: true,
        protect: UNKNOWN,
        defaultTags: { Environment: 'dev', Project: UNKNOWN },
      },
    ],
    unread: [],
  });
});

test('what may not be read is told and stays unknown', async () => {
  const stream = resource('aws:kinesis/stream:Stream', { name: 'kinesis-transactions-dev' });
  expect(await read(stream, { DescribeStreamSummaryCommand: refused })).toEqual({
    properties: [{}],
    unread: ['aws:kinesis/stream:Stream kinesis-transactions-dev (AccessDeniedException)'],
  });
});

test('what is not there is told and left out', async () => {
  const group = resource('aws:cloudwatch/logGroup:LogGroup', { name: '/aws/lambda/lambda-operations-dev' });
  const other = { logGroupName: '/aws/lambda/lambda-operations-dev-2', retentionInDays: 1 };
  expect(await read(group, { DescribeLogGroupsCommand: { logGroups: [other] } })).toEqual({
    properties: [],
    unread: ['aws:cloudwatch/logGroup:LogGroup /aws/lambda/lambda-operations-dev is not there'],
  });
});

test('what nothing reads stays unknown without a word', async () => {
  const rule = resource('aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule', { ipProtocol: 'tcp' });
  expect(await read(rule, {})).toEqual({ properties: [{}], unread: [] });
});

test('of a function only the names of its variables are read', async () => {
  const fn = resource('aws:lambda/function:Function', { name: 'lambda-processor-dev' });
  const configuration = {
    FunctionName: 'lambda-processor-dev',
    LoggingConfig: { LogGroup: '/aws/lambda/lambda-processor-dev' },
    Environment: { Variables: { DATABASE_HOST: 'internal' } },
  };
  expect(await read(fn, { GetFunctionConfigurationCommand: configuration })).toEqual({
    properties: [
      {
        name: 'lambda-processor-dev',
        loggingConfig: { logGroup: '/aws/lambda/lambda-processor-dev' },
        environment: { variables: { DATABASE_HOST: '' } },
      },
    ],
    unread: [],
  });
});

test('parameters are read to the last page', async () => {
  const group = resource('aws:rds/parameterGroup:ParameterGroup', { name: 'rds-transactions-postgres17-dev' });
  const all = createClients(WHERE.region);
  const pages: Record<string, object> = {
    first: { Parameters: [{ ParameterName: 'a', ParameterValue: '1' }], Marker: 'next' },
    next: { Parameters: [{ ParameterName: 'rds.force_ssl', ParameterValue: '1' }] },
  };
  all.rds.send = (async ({ input }: { input: { Marker?: string } }) => pages[input.Marker ?? 'first']) as never;
  const { resources } = await readAccount([group], WHERE, all);
  expect(resources[0]?.properties.parameters).toEqual([
    { name: 'a', value: '1' },
    { name: 'rds.force_ssl', value: '1' },
  ]);
});

test('a key is found by its alias, a part of a bucket by the bucket', async () => {
  const key = resource('aws:kms/key:Key', {});
  const alias = resource('aws:kms/alias:Alias', { name: 'alias/kms-data-dev' }, { targetKeyId: [key.urn] });
  const bucket = resource('aws:s3/bucket:Bucket', { bucket: 's3-archive-123456789012-dev' });
  const versioning = resource('aws:s3/bucketVersioning:BucketVersioning', {}, { bucket: [bucket.urn] });
  const asked: unknown[] = [];
  const all = createClients(WHERE.region);
  for (const client of [all.kms, all.s3]) {
    client.send = (async ({ input }: { input: unknown }) => {
      asked.push(input);
      return {
        KeyMetadata: { KeyId: '1b2c3d4e', Arn: KEY_ARN },
        KeyRotationEnabled: true,
        Policy: '{}',
        Status: 'Enabled',
      };
    }) as never;
  }
  const { resources } = await readAccount([key, alias, bucket, versioning], WHERE, all);
  expect(asked).toEqual(
    expect.arrayContaining([
      { KeyId: 'alias/kms-data-dev' },
      { KeyId: '1b2c3d4e', PolicyName: 'default' },
      { Bucket: 's3-archive-123456789012-dev' },
    ]),
  );
  expect(resources.map(({ properties }) => properties)).toEqual([
    { arn: KEY_ARN, enableKeyRotation: true, policy: '{}' },
    {},
    { bucket: 's3-archive-123456789012-dev' },
    { versioningConfiguration: { status: 'Enabled' } },
  ]);
});
