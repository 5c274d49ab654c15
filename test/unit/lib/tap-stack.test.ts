import * as pulumi from '@pulumi/pulumi';
import { DATABASE_NAME } from '../../../lib/database';
import { promiseOf, type RecordedResource, SECRET_ARN } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

/** What is off by default, on. */
const EVERYTHING = { ephemeral: 'true', ingest: 'private', ingestDailyQuota: '100000' };

type Evaluated = Awaited<ReturnType<typeof evaluateStack>>;

let stack: Evaluated;
let kept: Evaluated;
beforeAll(async () => {
  stack = await evaluateStack({ config: EVERYTHING });
  kept = await evaluateStack({ config: { allowedAccountId: '123456789012', costCenter: 'risk' } });
});

/** The component above a resource. */
const parentOf = ({ parent }: RecordedResource): RecordedResource | undefined =>
  stack.resources.find(({ urn }) => urn === parent);

describe('TapStack', () => {
  it('is composed of eleven parts, of which some have parts of their own', () => {
    const components = stack.resources.filter(({ custom }) => !custom);
    expect(components.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([
      'tap:alerts:Alerts tap-alerts',
      'tap:archive:Archive tap-archive',
      'tap:archive:Delivery tap-archive-delivery',
      'tap:cache:Cache tap-cache',
      'tap:database:Database tap-database',
      'tap:ingest:Ingest tap-ingest',
      'tap:ingest:IngestEndpoint tap-ingest-endpoint',
      'tap:ingest:IngestRoutes tap-ingest-routes',
      'tap:kms:Kms tap-kms',
      'tap:monitoring:Monitoring tap-monitoring',
      'tap:network:Network tap-network',
      'tap:processor:FailedRecords tap-processor-failed',
      'tap:processor:NetworkFunction tap-alerts-publisher',
      'tap:processor:NetworkFunction tap-archive-archiver',
      'tap:processor:NetworkFunction tap-processor-operations',
      'tap:processor:NetworkFunction tap-processor-stream',
      'tap:processor:Processor tap-processor',
      'tap:stack:TapStack tap',
      'tap:storage:Bucket tap-access-logs',
      'tap:storage:Bucket tap-archive-bucket',
      'tap:storage:Bucket tap-processor-failed-records',
      'tap:stream:Stream tap-stream',
    ]);
  });

  it('gives every resource a parent, and a name that begins with that of its parent', () => {
    const orphans = stack.resources.filter(
      (resource) => resource.name !== 'tap' && parentOf(resource)?.custom !== false,
    );
    expect(orphans.map(({ name }) => name)).toEqual([]);
    const strangers = stack.resources.filter(
      (resource) => !resource.name.startsWith(parentOf(resource)?.name ?? 'tap'),
    );
    expect(strangers.map(({ name }) => name)).toEqual([]);
  });

  it('ends every component with outputs', () => {
    const silent = stack.resources.filter(({ custom, outputs }) => !custom && Object.keys(outputs ?? {}).length === 0);
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('sends every AWS resource and data source through its own provider', () => {
    const { urn } = stack.find('pulumi:providers:aws');
    const aws = stack.resources.filter(({ type }) => type.startsWith('aws:'));
    expect(aws.filter(({ provider }) => provider !== `${urn}::tap-aws-id`).map(({ name }) => name)).toEqual([]);
    expect(stack.calls.filter(({ provider }) => provider !== `${urn}::tap-aws-id`)).toEqual([]);
  });

  it('tags everything, in one region and, where it is set, in one account', () => {
    const tags = (costCenter: string) => ({
      tags: {
        Project: 'japancart-transaction-monitoring',
        Environment: 'dev',
        ManagedBy: 'pulumi',
        CostCenter: costCenter,
        DataClassification: 'confidential',
      },
    });
    const provider = (evaluated: Evaluated) => {
      const { region, defaultTags, allowedAccountIds } = evaluated.find('pulumi:providers:aws').inputs;
      return { region, defaultTags: JSON.parse(defaultTags), allowedAccountIds };
    };
    expect(provider(stack)).toEqual({
      region: 'ap-northeast-1',
      defaultTags: tags('payments'),
      allowedAccountIds: undefined,
    });
    expect(provider(kept)).toEqual({
      region: 'ap-northeast-1',
      defaultTags: tags('risk'),
      allowedAccountIds: '["123456789012"]',
    });
  });

  it('reads what is there and nothing else: the account, the zones and the secret', () => {
    expect(stack.calls.map(({ token, inputs }) => [token.split(':')[2], inputs])).toEqual(
      expect.arrayContaining([
        ['getCallerIdentity', {}],
        ['getSecret', { name: 'rds-credentials-dev' }],
        ['getSecretVersion', { secretId: 'rds-credentials-dev' }],
        ['getAvailabilityZones', expect.anything()],
      ]),
    );
    expect(stack.calls).toHaveLength(4);
  });
});

describe('what destroy may take', () => {
  it('is everything that is ephemeral', () => {
    expect(stack.resources.filter(({ protect }) => protect)).toEqual([]);
  });

  it('is nothing that holds data or audit events, otherwise', () => {
    const isProtected = kept.resources.filter(({ protect }) => protect).map(({ name }) => name);
    expect(isProtected.sort()).toEqual([
      'tap-access-logs',
      'tap-archive-bucket',
      'tap-cache-history',
      'tap-database-iam-db-auth-error',
      'tap-database-postgresql',
      'tap-database-transactions',
      'tap-database-upgrade',
      'tap-kms-data',
      'tap-kms-monitoring',
      'tap-network-flow-logs',
      'tap-processor-failed-records',
      'tap-processor-operations-log',
      'tap-stream-transactions',
    ]);
  });
});

describe('log groups', () => {
  it('keep audit events for a year and the rest for a month, all under the monitoring key', () => {
    const groups = stack.ofType('aws:cloudwatch/logGroup:LogGroup').map(({ inputs }) => inputs);
    expect(Object.fromEntries(groups.map(({ name, retentionInDays }) => [name, retentionInDays]))).toEqual({
      '/aws/apigateway/apigateway-access-dev': 365,
      '/aws/elasticache/redis-history-dev/engine-log': 30,
      '/aws/elasticache/redis-history-dev/slow-log': 30,
      '/aws/kinesisfirehose/firehose-archive-dev': 30,
      '/aws/lambda/lambda-archiver-dev': 30,
      '/aws/lambda/lambda-operations-dev': 365,
      '/aws/lambda/lambda-processor-dev': 30,
      '/aws/lambda/lambda-publisher-dev': 30,
      '/aws/rds/instance/rds-transactions-dev/iam-db-auth-error': 365,
      '/aws/rds/instance/rds-transactions-dev/postgresql': 365,
      '/aws/rds/instance/rds-transactions-dev/upgrade': 365,
      '/aws/vpc/ec2-main-dev/flow-logs': 365,
    });
    const key = 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-monitoring';
    expect(new Set(groups.map(({ kmsKeyId }) => kmsKeyId))).toEqual(new Set([key]));
  });
});

describe('policies of roles', () => {
  const statements = () =>
    stack.ofType('aws:iam/rolePolicy:RolePolicy').flatMap(({ name, inputs }) => {
      const { Statement } = JSON.parse(inputs.policy) as {
        Statement: { Action: string | string[]; Resource: string }[];
      };
      return Statement.map((statement) => ({ name, ...statement }));
    });

  it('name every action in full, and none that makes a log group', () => {
    const actions = statements().flatMap(({ Action }) => Action);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    expect(actions).not.toContain('logs:CreateLogGroup');
  });

  it('name exact resources, but for the network interfaces of functions', () => {
    const anywhere = statements().filter(({ Resource }) => Resource === '*');
    expect(new Set(anywhere.flatMap(({ Action }) => Action).map((action) => action.split(':')[0]))).toEqual(
      new Set(['ec2']),
    );
    expect(anywhere).toHaveLength(8);
  });
});

describe('outputs', () => {
  it('are flat strings and numbers', async () => {
    const { alarmNames, ...outputs } = await promiseOf(pulumi.output(stack.stackOutputs));
    const alarms = stack.ofType('aws:cloudwatch/metricAlarm:MetricAlarm').map(({ inputs }) => inputs.name);
    expect(alarmNames.split(',').sort()).toEqual(alarms.sort());
    expect(outputs).toEqual({
      environmentSuffix: 'dev',
      region: 'ap-northeast-1',
      vpcId: 'tap-network-vpc-id',
      privateSubnetIds: 'tap-network-private-1-id,tap-network-private-2-id,tap-network-private-3-id',
      flowLogGroupName: '/aws/vpc/ec2-main-dev/flow-logs',
      kmsKeyId: 'tap-kms-data',
      kmsKeyArn: 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data',
      monitoringKmsKeyArn: 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-monitoring',
      kinesisStreamName: 'kinesis-transactions-dev',
      kinesisStreamArn: 'arn:aws:kinesis:ap-northeast-1:123456789012:stream/kinesis-transactions-dev',
      kinesisRoleArn: 'arn:aws:iam::123456789012:role/iam-producer-dev',
      replicationGroupId: 'redis-history-dev',
      redisEndpoint: 'master.redis-history-dev.abc123.apne1.cache.amazonaws.com',
      redisPort: 6379,
      redisUserId: 'redis-processor-dev',
      dbInstanceIdentifier: 'rds-transactions-dev',
      rdsEndpoint: 'rds-transactions-dev.abc123.ap-northeast-1.rds.amazonaws.com',
      rdsPort: 5432,
      rdsDatabaseName: DATABASE_NAME,
      dbSecretArn: SECRET_ARN,
      processorFunctionName: 'lambda-processor-dev',
      processorFunctionArn: 'arn:aws:lambda:ap-northeast-1:123456789012:function:lambda-processor-dev',
      logGroupName: '/aws/lambda/lambda-processor-dev',
      eventSourceMappingId: '91eaeb7e-c976-1234-9451-8709db01f137',
      failedRecordsBucketName: 's3-failed-records-123456789012-dev',
      operationsFunctionName: 'lambda-operations-dev',
      operationsFunctionArn: 'arn:aws:lambda:ap-northeast-1:123456789012:function:lambda-operations-dev',
      operationsLogGroupName: '/aws/lambda/lambda-operations-dev',
      operateAliasArn: 'arn:aws:lambda:ap-northeast-1:123456789012:function:lambda-operations-dev:operate',
      operatorRoleArn: 'arn:aws:iam::123456789012:role/iam-operator-dev',
      approveAliasArn: 'arn:aws:lambda:ap-northeast-1:123456789012:function:lambda-operations-dev:approve',
      approverRoleArn: 'arn:aws:iam::123456789012:role/iam-approver-dev',
      alertTopicArn: 'arn:aws:sns:ap-northeast-1:123456789012:sns-alerts-dev.fifo',
      publisherFunctionName: 'lambda-publisher-dev',
      publisherFunctionArn: 'arn:aws:lambda:ap-northeast-1:123456789012:function:lambda-publisher-dev',
      publisherLogGroupName: '/aws/lambda/lambda-publisher-dev',
      archiveBucketName: 's3-archive-123456789012-dev',
      archiveDeliveryStreamName: 'firehose-archive-dev',
      archiveDeliveryStreamArn: 'arn:aws:firehose:ap-northeast-1:123456789012:deliverystream/firehose-archive-dev',
      archiveRoleArn: 'arn:aws:iam::123456789012:role/iam-archive-dev',
      archiveLogGroupName: '/aws/kinesisfirehose/firehose-archive-dev',
      archiverFunctionName: 'lambda-archiver-dev',
      archiverFunctionArn: 'arn:aws:lambda:ap-northeast-1:123456789012:function:lambda-archiver-dev',
      archiverRoleArn: 'arn:aws:iam::123456789012:role/iam-archiver-dev',
      archiverLogGroupName: '/aws/lambda/lambda-archiver-dev',
      ingestUrl: 'https://tap-ingest-id.execute-api.ap-northeast-1.amazonaws.com/v1',
      ingestApiId: 'tap-ingest-id',
      ingestApiName: 'apigateway-ingest-dev',
      ingestStageName: 'v1',
      ingestRoleArn: 'arn:aws:iam::123456789012:role/iam-ingest-dev',
      ingestLogGroupName: '/aws/apigateway/apigateway-access-dev',
      ingestVpcEndpointId: 'tap-ingest-endpoint-id',
      producersSecurityGroupId: 'tap-ingest-endpoint-producers-id',
      ingestApiKeyId: 'tap-ingest-plan-id',
      alarmTopicArn: 'arn:aws:sns:ap-northeast-1:123456789012:sns-alarms-dev',
      dashboardName: 'cloudwatch-transactions-dev',
    });
  });

  it('hold no secret', async () => {
    const secrets = await Promise.all(
      Object.entries(stack.stackOutputs).map(async ([name, output]) => [
        name,
        await pulumi.isSecret(output as pulumi.Output<unknown>),
      ]),
    );
    expect(secrets.filter(([, secret]) => secret)).toEqual([]);
  });
});

describe('a preview', () => {
  it('registers the same resources while every computed output is unknown', async () => {
    const preview = await evaluateStack({ config: EVERYTHING, preview: true });
    const register = ({ resources }: Evaluated) => resources.map(({ type, name }) => `${type} ${name}`).sort();
    expect(register(preview)).toEqual(register(stack));
  });
});

describe('a second evaluation', () => {
  it('asks for exactly the same: nothing in an input comes from a clock or from chance', async () => {
    const again = await evaluateStack({ config: EVERYTHING });
    const inputs = ({ resources }: Evaluated) =>
      Object.fromEntries(resources.map(({ urn, inputs }) => [urn, JSON.stringify(inputs)]));
    expect(inputs(again)).toEqual(inputs(stack));
  });
});
