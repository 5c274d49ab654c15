import type * as pulumi from '@pulumi/pulumi';
import { policyOf, type Recording, SECRET_ARN } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const FUNCTION = 'aws:lambda/function:Function';
const POLICY = 'aws:iam/rolePolicy:RolePolicy';
const ROLE = 'aws:iam/role:Role';
const MAPPING = 'aws:lambda/eventSourceMapping:EventSourceMapping';
const INVOCATION = 'aws:lambda/invocation:Invocation';
const STREAM = 'tap-processor-stream';
const OPERATIONS = 'tap-processor-operations';
const KEY_ARN = 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data';
const REGION_ACCOUNT = 'ap-northeast-1:123456789012';

const NETWORK_INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/** What the roles of both functions have. */
const basic = (functionName: string) => [
  {
    Sid: 'WriteLogs',
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: `arn:aws:logs:${REGION_ACCOUNT}:log-group:/aws/lambda/${functionName}:*`,
  },
  { Sid: 'AttachToVpc', Effect: 'Allow', Action: NETWORK_INTERFACE_ACTIONS, Resource: '*' },
  {
    Sid: 'KeepCodeFromNetworkInterfaces',
    Effect: 'Deny',
    Action: NETWORK_INTERFACE_ACTIONS,
    Resource: '*',
    Condition: {
      ArnEquals: { 'lambda:SourceFunctionArn': `arn:aws:lambda:${REGION_ACCOUNT}:function:${functionName}` },
    },
  },
];

const useKey = (Sid: string, Action: string, service: string, Resource = KEY_ARN) => ({
  Sid,
  Effect: 'Allow',
  Action,
  Resource,
  Condition: { StringEquals: { 'kms:ViaService': `${service}.ap-northeast-1.amazonaws.com` } },
});

const connectToDatabase = (user: string) => ({
  Sid: 'ConnectToDatabase',
  Effect: 'Allow',
  Action: 'rds-db:connect',
  Resource: `arn:aws:rds-db:${REGION_ACCOUNT}:dbuser:db-ABCDEFGHIJKL01234/${user}`,
});

const readCredentials = {
  Sid: 'ReadCredentials',
  Effect: 'Allow',
  Action: 'secretsmanager:GetSecretValue',
  Resource: SECRET_ARN,
};

let stack: Recording;
beforeAll(async () => {
  stack = await evaluateStack({ config: { ephemeral: 'true' } });
});

describe("the stream's function", () => {
  it('runs in the private subnets and knows where everything is, but no secret', () => {
    const { code, ...inputs } = stack.find(FUNCTION, `${STREAM}-function`).inputs;
    expect(inputs).toEqual({
      name: 'lambda-processor-dev',
      description: 'Judges every transaction of the stream',
      role: 'arn:aws:iam::123456789012:role/iam-processor-dev',
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      handler: 'index.handler',
      memorySize: 1_024,
      timeout: 60,
      vpcConfig: {
        subnetIds: [1, 2, 3].map((zone) => `tap-network-private-${zone}-id`),
        securityGroupIds: ['tap-network-processor-id'],
      },
      replaceSecurityGroupsOnDestroy: true,
      replacementSecurityGroupIds: ['tap-network-default-id'],
      loggingConfig: { logFormat: 'Text', logGroup: '/aws/lambda/lambda-processor-dev' },
      environment: {
        variables: {
          ENVIRONMENT_SUFFIX: 'dev',
          POWERTOOLS_SERVICE_NAME: 'lambda-processor-dev',
          POWERTOOLS_METRICS_NAMESPACE: 'JapanCart/TransactionMonitoring',
          POWERTOOLS_LOG_LEVEL: 'INFO',
          REDIS_HOST: 'master.redis-history-dev.abc123.apne1.cache.amazonaws.com',
          REDIS_PORT: '6379',
          REDIS_USER: 'redis-processor-dev',
          REDIS_REPLICATION_GROUP: 'redis-history-dev',
          DATABASE_HOST: 'rds-transactions-dev.abc123.ap-northeast-1.rds.amazonaws.com',
          DATABASE_PORT: '5432',
          DATABASE_NAME: 'transactions',
          DATABASE_USER: 'tap_processor',
        },
      },
    });
  });

  it('carries its own code, the authorities and the rule set', async () => {
    const code: pulumi.asset.AssetArchive = stack.find(FUNCTION, `${STREAM}-function`).inputs.code;
    const assets = await code.assets;
    expect(Object.keys(assets)).toEqual(['index.js', 'rds-ca.pem', 'rule-set.json']);
    expect(await (assets['index.js'] as pulumi.asset.StringAsset).text).toContain('"stream"');
    expect(await (assets['rule-set.json'] as pulumi.asset.StringAsset).text).toBe('{"version":"fixture"}');
  });

  it('may do exactly this', () => {
    expect(policyOf(stack.find(POLICY, `${STREAM}-policy`))).toEqual({
      Version: '2012-10-17',
      Statement: [
        ...basic('lambda-processor-dev'),
        {
          Sid: 'ReadStream',
          Effect: 'Allow',
          Action: [
            'kinesis:DescribeStream',
            'kinesis:DescribeStreamSummary',
            'kinesis:GetRecords',
            'kinesis:GetShardIterator',
            'kinesis:ListShards',
          ],
          Resource: `arn:aws:kinesis:${REGION_ACCOUNT}:stream/kinesis-transactions-dev`,
        },
        useKey('DecryptRecords', 'kms:Decrypt', 'kinesis'),
        connectToDatabase('tap_processor'),
        {
          Sid: 'ConnectToCache',
          Effect: 'Allow',
          Action: 'elasticache:Connect',
          Resource: [
            `arn:aws:elasticache:${REGION_ACCOUNT}:replicationgroup:redis-history-dev`,
            `arn:aws:elasticache:${REGION_ACCOUNT}:user:redis-processor-dev`,
          ],
        },
        {
          Sid: 'KeepFailedRecords',
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: 'arn:aws:s3:::s3-failed-records-123456789012-dev/aws/lambda/*',
        },
        {
          Sid: 'FindFailedRecordBucket',
          Effect: 'Allow',
          Action: 's3:ListBucket',
          Resource: 'arn:aws:s3:::s3-failed-records-123456789012-dev',
        },
        useKey('EncryptFailedRecords', 'kms:GenerateDataKey', 's3'),
      ],
    });
  });

  it('is taken by Lambda alone', () => {
    for (const name of [STREAM, OPERATIONS]) {
      expect(policyOf(stack.find(ROLE, `${name}-role`), 'assumeRolePolicy').Statement).toEqual([
        { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ]);
    }
  });
});

describe('the operations function', () => {
  it('runs beside it, with the secret by ARN only', () => {
    const { code, ...inputs } = stack.find(FUNCTION, `${OPERATIONS}-function`).inputs;
    expect(inputs).toMatchObject({
      name: 'lambda-operations-dev',
      description: 'Migrates the database and answers operators',
      role: 'arn:aws:iam::123456789012:role/iam-operations-dev',
      memorySize: 512,
      timeout: 300,
      vpcConfig: { securityGroupIds: ['tap-network-operations-id'] },
      loggingConfig: { logGroup: '/aws/lambda/lambda-operations-dev' },
    });
    expect(inputs.environment.variables).toEqual({
      ENVIRONMENT_SUFFIX: 'dev',
      POWERTOOLS_SERVICE_NAME: 'lambda-operations-dev',
      POWERTOOLS_LOG_LEVEL: 'INFO',
      DATABASE_HOST: 'rds-transactions-dev.abc123.ap-northeast-1.rds.amazonaws.com',
      DATABASE_PORT: '5432',
      DATABASE_NAME: 'transactions',
      DATABASE_USER: 'tap_operator',
      DATABASE_SECRET_ARN: SECRET_ARN,
    });
  });

  it('may do exactly this', () => {
    expect(policyOf(stack.find(POLICY, `${OPERATIONS}-policy`)).Statement).toEqual([
      ...basic('lambda-operations-dev'),
      connectToDatabase('tap_operator'),
      readCredentials,
    ]);
  });

  it('may also decrypt with the key of the secret, where that has one of its own', async () => {
    const dbSecretKeyArn = `arn:aws:kms:${REGION_ACCOUNT}:key/0b1c`;
    const { Statement } = policyOf(
      (await evaluateStack({ config: { dbSecretKeyArn } })).find(POLICY, `${OPERATIONS}-policy`),
    );
    expect(Statement).toEqual([
      ...basic('lambda-operations-dev'),
      connectToDatabase('tap_operator'),
      readCredentials,
      useKey('DecryptCredentials', 'kms:Decrypt', 'secretsmanager', dbSecretKeyArn),
    ]);
  });

  it('is invoked by the operator role, which may do nothing else', () => {
    expect(policyOf(stack.find(POLICY, 'tap-processor-operator')).Statement).toEqual([
      {
        Sid: 'InvokeOperations',
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Resource: `arn:aws:lambda:${REGION_ACCOUNT}:function:lambda-operations-dev`,
      },
    ]);
    expect(policyOf(stack.find(ROLE, 'tap-processor-operator'), 'assumeRolePolicy').Statement).toEqual([
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'sts:AssumeRole' },
    ]);
  });
});

describe('the migration', () => {
  it('runs when a migration or the rule set changes, and on nothing else', () => {
    expect(stack.find(INVOCATION).inputs).toEqual({
      functionName: 'lambda-operations-dev',
      input: '{"action":"migrate"}',
      lifecycleScope: 'CREATE_ONLY',
      triggers: {
        migrations: '68d52a361c70c683b121f31103818ba7960f1aef6e6b05d3ac8485f21a6ecba9',
        ruleSet: '5210465179c1fbf76c98b7c0fa506290cd828f02336c4b9e4dd1d2879ca7dad6',
      },
    });
  });

  it('comes after the whole network and the database, and before new code meets the stream', () => {
    const before = stack.closure(stack.find(INVOCATION));
    for (const resource of [
      'aws:rds/instance:Instance tap-database-transactions',
      'aws:ec2/vpcEndpoint:VpcEndpoint tap-network-secretsmanager',
      'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule tap-network-operations-to-database-egress',
      'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule tap-network-operations-to-database-ingress',
      'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule tap-network-operations-to-endpoints-egress',
      'aws:iam/rolePolicy:RolePolicy tap-processor-operations-policy',
    ]) {
      expect(before).toContain(resource);
    }
    expect(stack.closure(stack.find(FUNCTION, `${STREAM}-function`))).toContain(
      `${INVOCATION} tap-processor-migration`,
    );
  });
});

describe('the event source mapping', () => {
  it('bounds its retries and keeps what fails whole', () => {
    expect(stack.find(MAPPING).inputs).toEqual({
      eventSourceArn: `arn:aws:kinesis:${REGION_ACCOUNT}:stream/kinesis-transactions-dev`,
      functionName: `arn:aws:lambda:${REGION_ACCOUNT}:function:lambda-processor-dev`,
      startingPosition: 'TRIM_HORIZON',
      batchSize: 500,
      maximumBatchingWindowInSeconds: 1,
      parallelizationFactor: 2,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 1_000,
      maximumRecordAgeInSeconds: 21_600,
      functionResponseTypes: ['ReportBatchItemFailures'],
      destinationConfig: { onFailure: { destinationArn: 'arn:aws:s3:::s3-failed-records-123456789012-dev' } },
      metricsConfig: { metrics: ['EventCount'] },
    });
  });

  it('takes its figures from the settings, each from its own', async () => {
    const set = await evaluateStack({
      config: {
        batchSize: '11',
        batchingWindowSeconds: '12',
        parallelizationFactor: '3',
        maxRetryAttempts: '14',
        maxRecordAgeSeconds: '75',
        processorMemoryMib: '2048',
        operationsMemoryMib: '300',
      },
    });
    expect(set.find(MAPPING).inputs).toMatchObject({
      batchSize: 11,
      maximumBatchingWindowInSeconds: 12,
      parallelizationFactor: 3,
      maximumRetryAttempts: 14,
      maximumRecordAgeInSeconds: 75,
    });
    expect(
      set
        .ofType(FUNCTION)
        .map(({ inputs }) => [inputs.name, inputs.memorySize])
        .sort(),
    ).toEqual([
      ['lambda-operations-dev', 300],
      ['lambda-processor-dev', 2_048],
    ]);
  });

  it('waits for all that its function may do, and for the network', () => {
    const before = stack.closure(stack.find(MAPPING));
    for (const resource of [
      'aws:iam/rolePolicy:RolePolicy tap-processor-stream-policy',
      'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule tap-network-processor-to-cache-ingress',
      'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule tap-network-processor-to-database-egress',
      `${INVOCATION} tap-processor-migration`,
    ]) {
      expect(before).toContain(resource);
    }
  });

  it('leaves each function after its log group and its policy', () => {
    for (const name of [STREAM, OPERATIONS]) {
      const before = stack.closure(stack.find(FUNCTION, `${name}-function`));
      expect(before).toContain(`aws:cloudwatch/logGroup:LogGroup ${name}-log`);
      expect(before).toContain(`aws:iam/rolePolicy:RolePolicy ${name}-policy`);
    }
  });
});
