import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type Resource, UNKNOWN } from '../../policy/policy';
import { nameIn } from './evidence';
import { buckets } from './readers/buckets';
import { others } from './readers/others';
import type { Clients, Reader } from './readers/reader';
import { stores } from './readers/stores';

const READERS: Record<string, Reader> = { ...stores, ...buckets, ...others };

/** Questions under way at a time: AWS throttles more. */
const AT_A_TIME = 5;

/** Where a stack is deployed, from its outputs. */
export interface Deployment {
  environmentSuffix: string;
  region: string;
  account: string;
}

/**
 * What cfn-outputs/flat-outputs.json says of the deployment.
 *
 * @throws Error that says how to make the file
 */
export function readDeployment(project: string): Deployment {
  const file = path.join('cfn-outputs', 'flat-outputs.json');
  let outputs: Record<string, string>;
  try {
    outputs = JSON.parse(readFileSync(path.join(project, file), 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read: deploy, and run \`npm run outputs\``, { cause: error });
  }
  const { environmentSuffix, region, kmsKeyArn } = outputs;
  const account = kmsKeyArn?.split(':')[4];
  if (!environmentSuffix || !region || !account) {
    throw new Error(`${file} lacks environmentSuffix, region or kmsKeyArn: run \`npm run outputs\` again`);
  }
  return { environmentSuffix, region, account };
}

export function createClients(region: string): Clients {
  // HTTP/1 for all: the local emulator fails on large bodies over HTTP/2.
  const settings = { region, requestHandler: new NodeHttpHandler() };
  return {
    cloudwatch: new CloudWatchClient(settings),
    elasticache: new ElastiCacheClient(settings),
    kinesis: new KinesisClient(settings),
    kms: new KMSClient(settings),
    lambda: new LambdaClient(settings),
    logs: new CloudWatchLogsClient(settings),
    rds: new RDSClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    sns: new SNSClient(settings),
  };
}

/**
 * The resources as they are in the account: with the properties that were read, and every other one unknown. One that is not
 * there is left out; what could not be read is told in `unread`, never thrown.
 */
export async function readAccount(
  resources: readonly Resource[],
  { region, account }: Deployment,
  clients: Clients,
): Promise<{ account: string; resources: Resource[]; unread: string[] }> {
  const unread: string[] = [];
  const read = async (resource: Resource): Promise<Resource[]> => {
    const reader = READERS[resource.type];
    const unseen = unseenOf(resource);
    if (reader === undefined) return [unseen];
    const name = nameIn(resources, resource);
    try {
      const properties = await reader({ name, region, account, clients });
      if (properties !== undefined) return [{ ...unseen, properties }];
      unread.push(`${resource.type} ${name} is not there`);
      return [];
    } catch (error) {
      unread.push(`${resource.type} ${name} (${(error as Error).name})`);
      return [unseen];
    }
  };
  const seen: Resource[] = [];
  for (let next = 0; next < resources.length; next += AT_A_TIME) {
    seen.push(...(await Promise.all(resources.slice(next, next + AT_A_TIME).map(read))).flat());
  }
  return { account, resources: seen, unread: unread.sort() };
}

/** What is known of a resource before it is looked at: that there should be one, and which environment it is of. */
function unseenOf(resource: Resource): Resource {
  const { defaultTags } = resource;
  const tags = defaultTags && { ...Object.fromEntries(Object.keys(defaultTags).map((tag) => [tag, UNKNOWN])) };
  return {
    ...resource,
    properties: {},
    partial: true,
    protect: UNKNOWN,
    ...(tags && { defaultTags: { ...tags, Environment: defaultTags?.Environment } }),
  };
}
