import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { realiser } from './realise';

/** File of the archive that holds the authorities of the database's certificate: here, of the local one. */
const AUTHORITY_FILE = 'rds-ca.pem';

/** Seconds and MiB of a function that names neither (Lambda quotas). */
const DEFAULT_TIMEOUT = 3;
const DEFAULT_MEMORY = 128;

export const functions = {
  'aws:lambda/function:Function': realiser<aws.lambda.FunctionArgs>(async (inputs, context) => {
    const name = inputs.name as string;
    const arn = `arn:aws:lambda:${context.region}:${context.account}:function:${name}`;
    const directory = join(context.directory, name);
    await unpack(inputs.code, directory);
    await writeFile(join(directory, AUTHORITY_FILE), context.authority);
    context.functions.set(name, {
      name,
      arn,
      aliases: [],
      roleArn: inputs.role,
      handler: inputs.handler ?? 'index.handler',
      directory,
      environment: inputs.environment?.variables ?? {},
      timeoutSeconds: inputs.timeout ?? DEFAULT_TIMEOUT,
      memoryMegabytes: inputs.memorySize ?? DEFAULT_MEMORY,
      logGroup: inputs.loggingConfig?.logGroup ?? `/aws/lambda/${name}`,
    });
    return { id: name, state: { arn } };
  }),
  'aws:lambda/alias:Alias': realiser<aws.lambda.AliasArgs>(async ({ name, functionName, functionVersion }, context) => {
    const fn = context.functions.get(functionName);
    if (fn === undefined) throw new Error(`the alias ${name} names no deployed function: ${functionName}`);
    if (functionVersion !== '$LATEST') throw new Error(`functions have no version ${functionVersion} here`);
    fn.aliases.push(name as string);
    return { id: `${fn.arn}:${name}`, state: { arn: `${fn.arn}:${name}` } };
  }),
  'aws:lambda/invocation:Invocation': realiser<aws.lambda.InvocationArgs>(async ({ functionName, input }, context) => {
    const result = JSON.stringify(await context.invoke(functionName, JSON.parse(input)));
    return { id: functionName, state: { result } };
  }),
  'aws:lambda/eventSourceMapping:EventSourceMapping': realiser<aws.lambda.EventSourceMappingArgs>(
    async (inputs, context) => {
      const streamArn = inputs.eventSourceArn ?? '';
      const fn = [...context.functions.values()].find(({ arn }) => arn === inputs.functionName);
      if (fn === undefined)
        throw new Error(`the event source mapping names no deployed function: ${inputs.functionName}`);
      const uuid = randomUUID();
      context.mappings.push({
        uuid,
        streamArn,
        streamName: streamArn.split('/').at(-1) ?? '',
        functionArn: fn.arn,
        roleArn: fn.roleArn,
        region: context.region,
        batchSize: inputs.batchSize ?? 100,
        batchingWindowMs: (inputs.maximumBatchingWindowInSeconds ?? 0) * 1000,
        parallelizationFactor: inputs.parallelizationFactor ?? 1,
        bisectBatchOnFunctionError: inputs.bisectBatchOnFunctionError ?? false,
        maximumRetryAttempts: inputs.maximumRetryAttempts ?? -1,
        maximumRecordAgeInSeconds: inputs.maximumRecordAgeInSeconds ?? -1,
        reportBatchItemFailures: inputs.functionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
        startingPosition: inputs.startingPosition === 'TRIM_HORIZON' ? 'TRIM_HORIZON' : 'LATEST',
        failureBucket: bucketOf(inputs.destinationConfig?.onFailure?.destinationArn),
      });
      return { id: uuid, state: { uuid } };
    },
  ),
};

function bucketOf(destination: string | undefined): string | undefined {
  if (destination === undefined) return undefined;
  if (!destination.startsWith('arn:aws:s3:::'))
    throw new Error(`only S3 is a failure destination here, not ${destination}`);
  return destination.slice('arn:aws:s3:::'.length);
}

async function unpack(code: unknown, directory: string): Promise<void> {
  if (!(code instanceof pulumi.asset.AssetArchive))
    throw new Error('a function is deployed from an archive of assets only');
  await mkdir(directory, { recursive: true });
  for (const [file, asset] of Object.entries(await code.assets)) {
    if (!(asset instanceof pulumi.asset.StringAsset)) throw new Error(`${file} of the archive is no text`);
    await writeFile(join(directory, file), await asset.text);
  }
}
