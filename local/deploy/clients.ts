import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { KMSClient } from '@aws-sdk/client-kms';
import { RDSClient } from '@aws-sdk/client-rds';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export type Clients = ReturnType<typeof createClients>;

/** Clients of the emulator's services. */
export function createClients(endpoint: string, region: string, credentials: Credentials) {
  const settings = { endpoint, region, credentials };
  return {
    cloudwatch: new CloudWatchClient(settings),
    elasticache: new ElastiCacheClient(settings),
    // The emulator fails on large bodies over HTTP/2, this client's default.
    kinesis: new KinesisClient({ ...settings, requestHandler: new NodeHttpHandler() }),
    kms: new KMSClient(settings),
    logs: new CloudWatchLogsClient(settings),
    rds: new RDSClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    secrets: new SecretsManagerClient(settings),
    sns: new SNSClient(settings),
  };
}
