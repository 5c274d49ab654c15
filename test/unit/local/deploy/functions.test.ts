import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { functions } from '../../../../local/deploy/functions';
import type { Context } from '../../../../local/deploy/realise';

const { asset } = pulumi;
let directory: string;
let context: Context;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tap-functions-'));
  const invoke = jest.fn(async () => ({ applied: [1] }));
  const rest = { region: 'ap-northeast-1', account: '123456789012', authority: 'LOCAL AUTHORITY', invoke };
  context = { ...rest, directory, functions: new Map(), mappings: [] } as unknown as Context;
});
afterEach(() => rmSync(directory, { recursive: true }));

const ARN = 'arn:aws:lambda:ap-northeast-1:123456789012:function:judge';

function deployFunction(changes: object = {}) {
  const code = new asset.AssetArchive({
    'index.js': new asset.StringAsset('exports.handler = 1'),
    'rds-ca.pem': new asset.StringAsset('AWS AUTHORITIES'),
  });
  const inputs = {
    name: 'judge',
    role: 'arn:aws:iam::123456789012:role/judge',
    handler: 'index.handler',
    code,
    ...changes,
  };
  return functions['aws:lambda/function:Function'](inputs, context);
}

test('a function’s archive is unpacked, with the local authority in place of AWS’s', async () => {
  expect(await deployFunction()).toEqual({ id: 'judge', state: { arn: ARN } });
  expect(readFileSync(join(directory, 'judge', 'index.js'), 'utf8')).toBe('exports.handler = 1');
  expect(readFileSync(join(directory, 'judge', 'rds-ca.pem'), 'utf8')).toBe('LOCAL AUTHORITY');
});

test('a function keeps its settings; without any it has Lambda’s defaults', async () => {
  const settings = {
    timeout: 60,
    memorySize: 1024,
    environment: { variables: { A: 'b' } },
    loggingConfig: { logGroup: '/own' },
  };
  await deployFunction(settings);
  expect(context.functions.get('judge')).toMatchObject({
    timeoutSeconds: 60,
    memoryMegabytes: 1024,
    environment: { A: 'b' },
    logGroup: '/own',
  });
  await deployFunction();
  expect(context.functions.get('judge')).toMatchObject({
    timeoutSeconds: 3,
    memoryMegabytes: 128,
    environment: {},
    logGroup: '/aws/lambda/judge',
  });
});

test('an alias leads to the function’s one version', async () => {
  await deployFunction();
  const alias = (changes: object = {}) =>
    functions['aws:lambda/alias:Alias'](
      { name: 'operate', functionName: 'judge', functionVersion: '$LATEST', ...changes },
      context,
    );
  expect(await alias()).toEqual({ id: `${ARN}:operate`, state: { arn: `${ARN}:operate` } });
  expect(context.functions.get('judge')?.aliases).toEqual(['operate']);
  await expect(alias({ functionName: 'other' })).rejects.toThrow('operate names no deployed function: other');
  await expect(alias({ functionVersion: '7' })).rejects.toThrow('functions have no version 7 here');
});

test('an archive of anything but texts is refused', async () => {
  await expect(deployFunction({ code: new asset.FileArchive('x.zip') })).rejects.toThrow(
    'from an archive of assets only',
  );
});

test('an invocation calls the function, and its result is kept', async () => {
  const inputs = { functionName: 'operations', input: '{"action":"migrate"}' };
  const realised = await functions['aws:lambda/invocation:Invocation'](inputs, context);
  expect(context.invoke).toHaveBeenCalledWith('operations', { action: 'migrate' });
  expect(realised.state).toEqual({ result: '{"applied":[1]}' });
});

test('an event source mapping becomes the poller’s settings', async () => {
  await deployFunction();
  const inputs = {
    eventSourceArn: 'arn:aws:kinesis:ap-northeast-1:123456789012:stream/transactions',
    functionName: ARN,
    startingPosition: 'TRIM_HORIZON',
    batchSize: 500,
    maximumBatchingWindowInSeconds: 2,
    parallelizationFactor: 4,
    bisectBatchOnFunctionError: true,
    maximumRetryAttempts: 9,
    maximumRecordAgeInSeconds: 600,
    functionResponseTypes: ['ReportBatchItemFailures'],
    destinationConfig: { onFailure: { destinationArn: 'arn:aws:s3:::failed' } },
  };
  await functions['aws:lambda/eventSourceMapping:EventSourceMapping'](inputs, context);
  expect(context.mappings).toEqual([
    {
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      streamName: 'transactions',
      streamArn: inputs.eventSourceArn,
      functionArn: ARN,
      roleArn: 'arn:aws:iam::123456789012:role/judge',
      region: 'ap-northeast-1',
      batchSize: 500,
      batchingWindowMs: 2_000,
      parallelizationFactor: 4,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 9,
      maximumRecordAgeInSeconds: 600,
      reportBatchItemFailures: true,
      startingPosition: 'TRIM_HORIZON',
      failureBucket: 'failed',
    },
  ]);
});

test('a mapping that says little has Lambda’s defaults', async () => {
  await deployFunction();
  const inputs = { eventSourceArn: 'arn:aws:kinesis:ap-northeast-1:123456789012:stream/s', functionName: ARN };
  await functions['aws:lambda/eventSourceMapping:EventSourceMapping'](inputs, context);
  expect(context.mappings[0]).toMatchObject({
    batchSize: 100,
    batchingWindowMs: 0,
    parallelizationFactor: 1,
    bisectBatchOnFunctionError: false,
    maximumRetryAttempts: -1,
    maximumRecordAgeInSeconds: -1,
    reportBatchItemFailures: false,
    startingPosition: 'LATEST',
    failureBucket: undefined,
  });
});

test.each([
  [{ functionName: 'arn:aws:lambda:ap-northeast-1:123456789012:function:other' }, 'names no deployed function'],
  [{ destinationConfig: { onFailure: { destinationArn: 'arn:aws:sqs:ap-northeast-1:123456789012:q' } } }, 'only S3'],
])('a mapping with %j cannot be deployed', async (changes, message) => {
  await deployFunction();
  const inputs = {
    eventSourceArn: 'arn:aws:kinesis:ap-northeast-1:123456789012:stream/s',
    functionName: ARN,
    ...changes,
  };
  await expect(functions['aws:lambda/eventSourceMapping:EventSourceMapping'](inputs, context)).rejects.toThrow(message);
});
