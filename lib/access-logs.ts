import * as pulumi from '@pulumi/pulumi';
import { Bucket, expire } from './bucket';
import type { BucketKey, Names } from './naming';
import type { Statement } from './policies';

export interface AccessLogsArgs {
  names: Names;
  accountId: pulumi.Input<string>;
  /** Whether destroy may empty and delete the bucket. */
  ephemeral: boolean;
}

/** Buckets whose accesses are logged, and the folder of each. */
const PREFIXES: Partial<Record<BucketKey, string>> = { failedRecords: 'failed-records/', archive: 'archive/' };

/** How long an access is on record, days (PCI DSS 10.5.1). */
const EXPIRY_DAYS = 365;

/** Who did what to the objects of the other buckets. S3 delivers it to no bucket under a customer's key. */
export class AccessLogs extends pulumi.ComponentResource {
  public readonly bucket: Bucket;

  constructor(
    name: string,
    private readonly args: AccessLogsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:storage:AccessLogs', name, {}, opts);
    const { names, accountId } = args;

    const arn = pulumi.interpolate`arn:aws:s3:::${this.bucketName('accessLogs')}`;
    this.bucket = new Bucket(
      `${name}-bucket`,
      {
        key: 'accessLogs',
        names,
        accountId,
        statements: Object.keys(PREFIXES).map((key) => this.writeLogs(arn, key as BucketKey)),
        lifecycle: [expire('expire', EXPIRY_DAYS)],
        ephemeral: args.ephemeral,
      },
      { parent: this },
    );

    this.registerOutputs({ bucketName: this.bucket.bucket.bucket });
  }

  /** The folder of a bucket's log. @throws RangeError for a bucket that is not logged */
  prefix(key: BucketKey): string {
    const prefix = PREFIXES[key];
    if (prefix === undefined) throw new RangeError(`accesses to the bucket ${key} are not logged`);
    return prefix;
  }

  private bucketName(key: BucketKey): pulumi.Output<string> {
    return pulumi.output(this.args.accountId).apply((id) => this.args.names.bucket(key, id));
  }

  /** By their names, since the buckets that are logged come after this one. */
  private writeLogs(arn: pulumi.Input<string>, key: BucketKey): Statement {
    return {
      Sid: `Write${key[0]?.toUpperCase()}${key.slice(1)}Log`,
      Effect: 'Allow',
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: pulumi.interpolate`${arn}/${this.prefix(key)}*`,
      Condition: {
        StringEquals: { 'aws:SourceAccount': this.args.accountId },
        ArnEquals: { 'aws:SourceArn': pulumi.interpolate`arn:aws:s3:::${this.bucketName(key)}` },
      },
    };
  }
}
