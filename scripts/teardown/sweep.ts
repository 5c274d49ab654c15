import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Names } from '../../lib/naming';
import { keys } from './finders/keys';
import { logGroups } from './finders/log-groups';
import { buckets, functions, natGateways, networkInterfaces, secret } from './finders/others';
import { cacheSnapshots, databaseBackups, databaseSnapshots, databases } from './finders/stores';
import { tagged } from './finders/tagged';
import type { Blind, Finding } from './receipt';

/** Which environment to look for, and what is known of it. */
export interface Scope {
  names: Names;
  /** Name or ARN of the secret that was there before the stack. */
  secretId: string;
  /** ARNs or ids of its keys, VPCs and buckets, from Pulumi's state. */
  keyIds: string[];
  vpcIds: string[];
  bucketNames: string[];
  /** Name of the snapshot that destroying the database leaves. */
  finalSnapshot?: string;
  /** Whether its automated backups are to be retained. */
  retainsBackups: boolean;
  /** Whether Pulumi has nothing of it any more, so that a log group under one of its names is an orphan. */
  destroyed: boolean;
}

export interface Clients {
  tagging: ResourceGroupsTaggingAPIClient;
  logs: CloudWatchLogsClient;
  kms: KMSClient;
  secrets: SecretsManagerClient;
  lambda: LambdaClient;
  rds: RDSClient;
  cache: ElastiCacheClient;
  ec2: EC2Client;
  s3: S3Client;
}

/** Looks in one place. @throws Error when it cannot */
export type Finder = (scope: Scope, clients: Clients) => Promise<Finding[]>;

/** Where environments are known to leave something behind. */
const FINDERS: Record<string, Finder> = {
  'KMS keys': keys,
  'RDS instances': databases,
  'RDS snapshots': databaseSnapshots,
  'RDS automated backups': databaseBackups,
  'ElastiCache snapshots': cacheSnapshots,
  'network interfaces': networkInterfaces,
  'NAT gateways': natGateways,
  'Lambda functions': functions,
  buckets,
  'the database secret': secret,
};

export function createClients(region: string): Clients {
  const config = { region };
  return {
    tagging: new ResourceGroupsTaggingAPIClient(config),
    logs: new CloudWatchLogsClient(config),
    kms: new KMSClient(config),
    secrets: new SecretsManagerClient(config),
    lambda: new LambdaClient(config),
    rds: new RDSClient(config),
    cache: new ElastiCacheClient(config),
    ec2: new EC2Client(config),
    s3: new S3Client({ ...config, forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined }),
  };
}

const BY_TAG = 'the Environment tag';

/** Where an environment shows that is not gone. */
const LIVE = [BY_TAG, 'RDS instances', 'Lambda functions'];

/** Services whose finders know more of a resource than its tag. */
const TOLD_BY_SERVICE = /:(kms|logs|s3):|:natgateway\//;

/**
 * Looks everywhere for what the environment left behind. A place that cannot be looked at does not stop the others.
 *
 * What is found by tag and by its own service is told once, by its own service, which knows its state.
 */
export async function sweep(scope: Scope, clients: Clients): Promise<{ findings: Finding[]; blind: Blind[] }> {
  const blind: Blind[] = [];
  const look = async (place: string, finder: Finder, within: Scope): Promise<Finding[]> => {
    try {
      return await finder(within, clients);
    } catch (error) {
      blind.push({ place, why: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
      return [];
    }
  };
  const byTag = await look(BY_TAG, tagged, scope);
  const within: Scope = {
    ...scope,
    keyIds: union(scope.keyIds, idsOf(byTag, /:kms:[^:]*:\d+:key\/(.+)$/)),
    vpcIds: union(scope.vpcIds, idsOf(byTag, /:ec2:[^:]*:\d+:vpc\/(.+)$/)),
    bucketNames: union(scope.bucketNames, idsOf(byTag, /:s3:::([^/]+)$/)),
  };
  const byService: Finding[] = [];
  for (const [place, finder] of Object.entries(FINDERS)) byService.push(...(await look(place, finder, within)));
  const known = byService.map(({ id }) => id);
  const others = byTag.filter(({ id }) => !TOLD_BY_SERVICE.test(id) && !known.some((other) => id.includes(other)));
  const found = [...byService, ...others];
  // A log group is taken for an orphan only where nothing else of the environment is there, as far as that can be seen.
  const seen = LIVE.every((place) => !blind.some((other) => other.place === place));
  const gone = seen && found.every(({ verdict }) => verdict !== 'unexpected');
  const logs = await look('CloudWatch log groups', logGroups, { ...within, destroyed: scope.destroyed && gone });
  return { findings: [...found, ...logs], blind };
}

function idsOf(findings: readonly Finding[], arn: RegExp): string[] {
  return findings.flatMap(({ id }) => arn.exec(id)?.[1] ?? []);
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}
