import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Names } from './naming';
import { policyDocument, type Statement, trustPrincipals, useKey } from './policies';

export interface StreamArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  /** ARN of the key that encrypts records. */
  kmsKeyArn: pulumi.Input<string>;
  mode: 'PROVISIONED' | 'ON_DEMAND';
  /** Shards, 1 to 1,000; none with ON_DEMAND. */
  shardCount?: number;
  /** How long a record is kept, hours, 24 to 8,760. */
  retentionHours: number;
  /** ARNs of who may assume the producer role. @default any principal of the account whose own policy allows it */
  producerPrincipals: string[];
  /** Whether the stream may be deleted. */
  ephemeral: boolean;
}

/** Metrics of every shard: a hot one does not show in the stream's. */
const SHARD_METRICS = [
  'IncomingBytes',
  'IncomingRecords',
  'IteratorAgeMilliseconds',
  'OutgoingBytes',
  'OutgoingRecords',
  'ReadProvisionedThroughputExceeded',
  'WriteProvisionedThroughputExceeded',
];

/** The stream of transactions and the role that may put them there. */
export class Stream extends pulumi.ComponentResource {
  public readonly stream: aws.kinesis.Stream;
  /** May put records, and nothing else. */
  public readonly producerRole: aws.iam.Role;

  constructor(
    private readonly name: string,
    private readonly args: StreamArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:stream:Stream', name, {}, opts);

    this.stream = this.createStream();
    this.producerRole = this.createProducerRole();

    this.registerOutputs({
      streamName: this.stream.name,
      streamArn: this.stream.arn,
      producerRoleArn: this.producerRole.arn,
    });
  }

  private createStream(): aws.kinesis.Stream {
    const { names, kmsKeyArn, mode, shardCount, retentionHours, ephemeral } = this.args;
    return new aws.kinesis.Stream(
      `${this.name}-transactions`,
      {
        name: names.of('stream'),
        streamModeDetails: { streamMode: mode },
        ...(mode === 'PROVISIONED' && { shardCount }),
        retentionPeriod: retentionHours,
        encryptionType: 'KMS',
        kmsKeyId: kmsKeyArn,
        shardLevelMetrics: SHARD_METRICS,
        enforceConsumerDeletion: true,
      },
      { parent: this, protect: !ephemeral },
    );
  }

  private createProducerRole(): aws.iam.Role {
    const { names, region, accountId, kmsKeyArn, producerPrincipals } = this.args;
    const role = new aws.iam.Role(
      `${this.name}-producer`,
      {
        name: names.of('producerRole'),
        description: 'Puts transactions on the stream',
        assumeRolePolicy: trustPrincipals(producerPrincipals, accountId),
      },
      { parent: this },
    );
    new aws.iam.RolePolicy(
      `${this.name}-producer`,
      {
        name: 'access',
        role: role.name,
        policy: policyDocument(putTransactions(this.stream, kmsKeyArn, region)),
      },
      { parent: this },
    );
    return role;
  }
}

/** What it takes to put records on the stream. */
export function putTransactions(
  { arn }: aws.kinesis.Stream,
  kmsKeyArn: pulumi.Input<string>,
  region: string,
): Statement[] {
  return [
    {
      Sid: 'PutTransactions',
      Effect: 'Allow',
      Action: ['kinesis:PutRecord', 'kinesis:PutRecords'],
      Resource: arn,
    },
    useKey('EncryptRecords', 'kms:GenerateDataKey', kmsKeyArn, `kinesis.${region}.amazonaws.com`),
  ];
}
