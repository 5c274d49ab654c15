import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { BucketKey, Names } from './naming';
import { policyDocument, type Statement } from './policies';

export interface FailedRecordsArgs {
  names: Names;
  accountId: pulumi.Input<string>;
  /** ARN of the key that encrypts the records. */
  kmsKeyArn: pulumi.Input<string>;
  /** Whether destroy may empty and delete the buckets. */
  ephemeral: boolean;
}

interface ConfiguredBucket {
  bucket: aws.s3.Bucket;
  settings: pulumi.Resource[];
}

/** How long a failed record waits to be put on the stream again, and an access to it is on record, days. */
const EXPIRY_DAYS = { failedRecords: 90, accessLogs: 365 };

/** Folder of the access log bucket that S3 writes to. */
const LOG_PREFIX = 'failed-records/';

/**
 * Where the event source mapping leaves the records it gave up on. A bucket holds them whole; a queue would get a
 * pointer to a record that the stream soon forgets.
 */
export class FailedRecords extends pulumi.ComponentResource {
  public readonly bucket: aws.s3.Bucket;

  constructor(
    private readonly name: string,
    private readonly args: FailedRecordsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:processor:FailedRecords', name, {}, opts);

    const records = this.createBucket('records', 'failedRecords', {
      sseAlgorithm: 'aws:kms',
      kmsMasterKeyId: args.kmsKeyArn,
    });
    this.bucket = records.bucket;
    // S3 delivers its logs to no bucket that is encrypted with a customer's key.
    const accessLogs = this.createBucket('access-logs', 'accessLogs', { sseAlgorithm: 'AES256' });
    const policy = this.createPolicy('records', records, [], []);
    const logPolicy = this.createPolicy('access-logs', accessLogs, [this.writeAccessLogs(accessLogs.bucket)], [policy]);
    new aws.s3.BucketLogging(
      `${name}-records`,
      { bucket: this.bucket.id, targetBucket: accessLogs.bucket.id, targetPrefix: LOG_PREFIX },
      { parent: this, dependsOn: [logPolicy] },
    );

    this.registerOutputs({ bucketName: this.bucket.bucket });
  }

  private createBucket(
    purpose: string,
    key: BucketKey,
    encryption: aws.types.input.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefault,
  ): ConfiguredBucket {
    const { names, accountId, ephemeral } = this.args;
    const name = `${this.name}-${purpose}`;
    const bucket = new aws.s3.Bucket(
      name,
      { bucket: pulumi.output(accountId).apply((id) => names.bucket(key, id)), forceDestroy: ephemeral },
      { parent: this, protect: !ephemeral },
    );
    const encrypted = new aws.s3.BucketServerSideEncryptionConfiguration(
      name,
      {
        bucket: bucket.id,
        rules: [{ applyServerSideEncryptionByDefault: encryption, bucketKeyEnabled: 'kmsMasterKeyId' in encryption }],
      },
      { parent: this },
    );
    const closed = new aws.s3.BucketPublicAccessBlock(
      name,
      {
        bucket: bucket.id,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      { parent: this },
    );
    const owned = new aws.s3.BucketOwnershipControls(
      name,
      { bucket: bucket.id, rule: { objectOwnership: 'BucketOwnerEnforced' } },
      { parent: this },
    );
    const versioned = new aws.s3.BucketVersioning(
      name,
      { bucket: bucket.id, versioningConfiguration: { status: 'Enabled' } },
      { parent: this },
    );
    const expiring = new aws.s3.BucketLifecycleConfiguration(
      name,
      {
        bucket: bucket.id,
        rules: [
          {
            id: 'expire',
            status: 'Enabled',
            filter: {},
            expiration: { days: EXPIRY_DAYS[key] },
            noncurrentVersionExpiration: { noncurrentDays: 1 },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
          },
        ],
      },
      { parent: this, dependsOn: [versioned] },
    );
    return { bucket, settings: [encrypted, closed, owned, versioned, expiring] };
  }

  /** The policy comes last: whoever waits for it meets a bucket that is closed, encrypted and expiring. */
  private createPolicy(
    purpose: string,
    { bucket, settings }: ConfiguredBucket,
    statements: Statement[],
    after: pulumi.Resource[],
  ): aws.s3.BucketPolicy {
    return new aws.s3.BucketPolicy(
      `${this.name}-${purpose}`,
      {
        bucket: bucket.id,
        policy: policyDocument([
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:*',
            Resource: [bucket.arn, pulumi.interpolate`${bucket.arn}/*`],
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
          ...statements,
        ]),
      },
      { parent: this, dependsOn: [...settings, ...after] },
    );
  }

  private writeAccessLogs(accessLogs: aws.s3.Bucket): Statement {
    return {
      Sid: 'WriteAccessLogs',
      Effect: 'Allow',
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: pulumi.interpolate`${accessLogs.arn}/${LOG_PREFIX}*`,
      Condition: {
        StringEquals: { 'aws:SourceAccount': this.args.accountId },
        ArnEquals: { 'aws:SourceArn': this.bucket.arn },
      },
    };
  }
}
