import type * as pulumi from '@pulumi/pulumi';
import {
  basic,
  cacheVariables,
  commonVariables,
  connectToCache,
  connectToDatabase,
  databaseVariables,
  REGION_ACCOUNT,
  useKey,
} from '../../helpers/functions';
import { policyOf, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const FUNCTION = 'aws:lambda/function:Function';
const POLICY = 'aws:iam/rolePolicy:RolePolicy';
const ROLE = 'aws:iam/role:Role';
const MAPPING = 'aws:lambda/eventSourceMapping:EventSourceMapping';
const INVOCATION = 'aws:lambda/invocation:Invocation';
const STREAM = 'tap-processor-stream';
const FUNCTIONS = [STREAM, 'tap-processor-operations', 'tap-alerts-publisher'];

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
          ...commonVariables('lambda-processor-dev'),
          ...databaseVariables('tap_processor'),
          ...cacheVariables('redis-processor-dev'),
          ALLOWED_LATENESS_MINUTES: '60',
        },
      },
    });
  });

  it('carries its own code and the authorities', async () => {
    const code: pulumi.asset.AssetArchive = stack.find(FUNCTION, `${STREAM}-function`).inputs.code;
    const assets = await code.assets;
    expect(Object.keys(assets)).toEqual(['index.js', 'rds-ca.pem']);
    expect(await (assets['index.js'] as pulumi.asset.StringAsset).text).toContain('"stream"');
  });

  it('may do exactly this', () => {
    expect(policyOf(stack.find(POLICY, `${STREAM}-policy`))).toEqual({
      Version: '2012-10-17',
      Statement: [
        ...basic('lambda-processor-dev'),
        connectToDatabase('tap_processor'),
        connectToCache('redis-processor-dev'),
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

  it('is taken by Lambda alone, as every function', () => {
    for (const name of FUNCTIONS) {
      expect(policyOf(stack.find(ROLE, `${name}-role`), 'assumeRolePolicy').Statement).toEqual([
        { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ]);
    }
  });
});

describe('the event source mapping', () => {
  it('bounds its retries and keeps what fails whole', () => {
    expect(stack.find(MAPPING).inputs).toEqual({
      eventSourceArn: `arn:aws:kinesis:${REGION_ACCOUNT}:stream/kinesis-transactions-dev`,
      functionName: `arn:aws:lambda:${REGION_ACCOUNT}:function:lambda-processor-dev`,
      startingPosition: 'TRIM_HORIZON',
      batchSize: 500,
      maximumBatchingWindowInSeconds: 0,
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
        allowedLatenessMinutes: '7',
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
      ['lambda-archiver-dev', 512],
      ['lambda-operations-dev', 300],
      ['lambda-processor-dev', 2_048],
      ['lambda-publisher-dev', 256],
    ]);
    for (const name of ['tap-processor-stream-function', 'tap-processor-operations-function']) {
      expect(set.find(FUNCTION, name).inputs.environment.variables.ALLOWED_LATENESS_MINUTES).toBe('7');
    }
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
    for (const name of FUNCTIONS) {
      const before = stack.closure(stack.find(FUNCTION, `${name}-function`));
      expect(before).toContain(`aws:cloudwatch/logGroup:LogGroup ${name}-log`);
      expect(before).toContain(`aws:iam/rolePolicy:RolePolicy ${name}-policy`);
    }
  });
});
