import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Bucket } from './bucket';
import type { NetworkFunction } from './function';
import { createLogGroup, type LogSettings } from './log-group';
import type { Names } from './naming';
import { policyDocument, type Statement, trustService, useKey } from './policies';

export interface DeliveryArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  stream: aws.kinesis.Stream;
  /** Makes lines of the archive of the stream's records. */
  transformer: NetworkFunction;
  destination: Bucket;
  /** ARN of the key that encrypts stream and bucket. */
  kmsKeyArn: pulumi.Input<string>;
  /** How long an object may gather, seconds, 60 to 900. */
  bufferSeconds: number;
  /** How large it may become before it is compressed, MiB, 64 to 128. */
  bufferMib: number;
  logs: LogSettings;
}

/** Folder of what could not be transformed or delivered. */
export const FAILED_PREFIX = 'failed/';

/** How long Firehose may try to find the partition of a record, seconds. */
const PARTITIONING_RETRY_SECONDS = 300;

/**
 * How records are handed to the function. Half a mebibyte of them comes back as less than the 6 MiB of Lambda's answers. A
 * batch that the function was not there for is kept as it came, so it is asked more often than the three times that
 * are the default. None is a default of the service: the provider does not store those and would see a change each time.
 */
const TRANSFORMATION = { BufferSizeInMBs: '0.5', BufferIntervalInSeconds: '30', NumberOfRetries: '30' };

/** The delivery stream of the archive, with its role and log. */
export class Delivery extends pulumi.ComponentResource {
  public readonly stream: aws.kinesis.FirehoseDeliveryStream;
  public readonly role: aws.iam.Role;
  public readonly logGroup: aws.cloudwatch.LogGroup;

  constructor(
    private readonly name: string,
    private readonly args: DeliveryArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:archive:Delivery', name, {}, opts);
    const { names, logs } = args;

    this.logGroup = createLogGroup(`${name}-log`, names.logGroups.archive, 'operational', logs, this);
    // Firehose makes no log stream by itself.
    const logStream = new aws.cloudwatch.LogStream(
      `${name}-log`,
      { name: 'delivery', logGroupName: this.logGroup.name },
      { parent: this },
    );
    this.role = this.createRole();
    this.stream = this.createDeliveryStream(logStream, this.createPolicy(logStream));

    this.registerOutputs({ deliveryStreamName: this.stream.name, roleArn: this.role.arn });
  }

  private createRole(): aws.iam.Role {
    const { names, accountId } = this.args;
    return new aws.iam.Role(
      `${this.name}-role`,
      {
        name: names.of('archiveRole'),
        description: 'Takes the stream to the archive',
        assumeRolePolicy: trustService('firehose.amazonaws.com', { StringEquals: { 'sts:ExternalId': accountId } }),
      },
      { parent: this },
    );
  }

  private createPolicy(logStream: aws.cloudwatch.LogStream): aws.iam.RolePolicy {
    return new aws.iam.RolePolicy(
      `${this.name}-policy`,
      { name: 'access', role: this.role.name, policy: policyDocument(this.permissions(logStream)) },
      { parent: this, dependsOn: [this.args.destination] },
    );
  }

  private permissions(logStream: aws.cloudwatch.LogStream): Statement[] {
    const { region, kmsKeyArn, stream } = this.args;
    const { arn: bucketArn } = this.args.destination.bucket;
    return [
      {
        Sid: 'ReadStream',
        Effect: 'Allow',
        Action: ['kinesis:DescribeStream', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
        Resource: stream.arn,
      },
      useKey('DecryptRecords', 'kms:Decrypt', kmsKeyArn, `kinesis.${region}.amazonaws.com`),
      {
        Sid: 'TransformRecords',
        Effect: 'Allow',
        Action: ['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction'],
        Resource: this.transformerArn(),
      },
      {
        Sid: 'FindArchive',
        Effect: 'Allow',
        Action: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
        Resource: bucketArn,
      },
      {
        Sid: 'WriteArchive',
        Effect: 'Allow',
        Action: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
        Resource: pulumi.interpolate`${bucketArn}/*`,
      },
      useKey('EncryptArchive', ['kms:Decrypt', 'kms:GenerateDataKey'], kmsKeyArn, `s3.${region}.amazonaws.com`),
      {
        Sid: 'WriteLogs',
        Effect: 'Allow',
        Action: 'logs:PutLogEvents',
        Resource: pulumi.interpolate`${this.logGroup.arn}:log-stream:${logStream.name}`,
      },
    ];
  }

  private transformerArn(): pulumi.Output<string> {
    return pulumi.interpolate`${this.args.transformer.function.arn}:$LATEST`;
  }

  private createDeliveryStream(
    logStream: aws.cloudwatch.LogStream,
    policy: aws.iam.RolePolicy,
  ): aws.kinesis.FirehoseDeliveryStream {
    const { names, stream, kmsKeyArn, destination, bufferSeconds, bufferMib } = this.args;
    const parameters = Object.entries({ LambdaArn: this.transformerArn(), ...TRANSFORMATION });
    return new aws.kinesis.FirehoseDeliveryStream(
      this.name,
      {
        name: names.of('archive'),
        destination: 'extended_s3',
        kinesisSourceConfiguration: { kinesisStreamArn: stream.arn, roleArn: this.role.arn },
        extendedS3Configuration: {
          bucketArn: destination.bucket.arn,
          roleArn: this.role.arn,
          kmsKeyArn,
          bufferingInterval: bufferSeconds,
          bufferingSize: bufferMib,
          compressionFormat: 'GZIP',
          fileExtension: '.ndjson.gz',
          prefix: '!{partitionKeyFromLambda:kind}/date=!{timestamp:yyyy-MM-dd}/',
          errorOutputPrefix: `${FAILED_PREFIX}!{firehose:error-output-type}/date=!{timestamp:yyyy-MM-dd}/`,
          dynamicPartitioningConfiguration: { enabled: true, retryDuration: PARTITIONING_RETRY_SECONDS },
          processingConfiguration: {
            enabled: true,
            processors: [
              {
                type: 'Lambda',
                parameters: parameters.map(([parameterName, parameterValue]) => ({ parameterName, parameterValue })),
              },
            ],
          },
          cloudwatchLoggingOptions: {
            enabled: true,
            logGroupName: this.logGroup.name,
            logStreamName: logStream.name,
          },
        },
      },
      { parent: this, dependsOn: [policy, this.args.transformer] },
    );
  }
}
