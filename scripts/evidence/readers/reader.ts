import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SNSClient } from '@aws-sdk/client-sns';

export interface Clients {
  cloudwatch: CloudWatchClient;
  elasticache: ElastiCacheClient;
  kinesis: KinesisClient;
  kms: KMSClient;
  lambda: LambdaClient;
  logs: CloudWatchLogsClient;
  rds: RDSClient;
  s3: S3Client;
  sns: SNSClient;
}

/** What is asked of, and who asks. */
export interface Question {
  /** Physical name; of a part of a bucket that of the bucket. */
  name: string;
  region: string;
  account: string;
  clients: Clients;
}

/** Properties as the program calls them. Those it leaves out stay unknown; one that is undefined is not set. */
export type Properties = Record<string, unknown>;

/**
 * Asks AWS about one resource; nothing is changed.
 *
 * @returns undefined where the resource is not there
 * @throws what the SDK throws
 */
export type Reader = (question: Question) => Promise<Properties | undefined>;
