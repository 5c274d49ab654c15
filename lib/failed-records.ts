import type * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { Bucket, expire } from './bucket';
import type { Names } from './naming';

export interface FailedRecordsArgs {
  names: Names;
  accountId: pulumi.Input<string>;
  /** ARN of the key that encrypts the records. */
  kmsKeyArn: pulumi.Input<string>;
  /** Where accesses are logged. */
  accessLogs: Bucket;
  /** Whether destroy may empty and delete the bucket. */
  ephemeral: boolean;
}

/** How long a failed record waits to be put on the stream again, days. */
export const FAILED_RECORD_DAYS = 90;

/**
 * Where the event source mapping leaves the records it gave up on. A bucket holds them whole; a queue would get a
 * pointer to a record that the stream soon forgets.
 */
export class FailedRecords extends pulumi.ComponentResource {
  public readonly bucket: aws.s3.Bucket;

  constructor(name: string, args: FailedRecordsArgs, opts?: pulumi.ComponentResourceOptions) {
    super('tap:processor:FailedRecords', name, {}, opts);
    const { kmsKeyArn, accessLogs, ...rest } = args;

    this.bucket = new Bucket(
      `${name}-records`,
      {
        ...rest,
        key: 'failedRecords',
        // Lambda does not say whether it names the key; without one S3 takes the bucket's.
        encryption: { kmsKeyArn, unstated: 'default' },
        accessLogs: { bucket: accessLogs, prefix: 'failed-records/' },
        lifecycle: [expire('expire', FAILED_RECORD_DAYS)],
      },
      { parent: this },
    ).bucket;

    this.registerOutputs({ bucketName: this.bucket.bucket });
  }
}
