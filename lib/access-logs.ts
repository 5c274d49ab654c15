import * as pulumi from '@pulumi/pulumi';
import { Bucket, expire } from './bucket';
import type { Names } from './naming';

export interface AccessLogsArgs {
  names: Names;
  accountId: pulumi.Input<string>;
  /** Whether destroy may empty and delete the bucket. */
  ephemeral: boolean;
}

/** How long an access is on record, days (PCI DSS 10.5.1). */
const EXPIRY_DAYS = 365;

/**
 * The bucket that S3 logs accesses to the environment's other buckets in, each in a folder of its own. S3 delivers logs to
 * no bucket under a customer's key.
 */
export function createAccessLogs(
  name: string,
  { names, accountId, ephemeral }: AccessLogsArgs,
  opts: pulumi.ComponentResourceOptions,
): Bucket {
  const bucketName = pulumi.output(accountId).apply((id) => names.bucket('accessLogs', id));
  return new Bucket(
    name,
    {
      key: 'accessLogs',
      names,
      accountId,
      statements: [
        {
          Sid: 'WriteAccessLogs',
          Effect: 'Allow',
          Principal: { Service: 'logging.s3.amazonaws.com' },
          Action: 's3:PutObject',
          Resource: pulumi.interpolate`arn:aws:s3:::${bucketName}/*`,
          Condition: {
            StringEquals: { 'aws:SourceAccount': accountId },
            // The buckets of this environment, which come after this one.
            ArnLike: { 'aws:SourceArn': pulumi.interpolate`arn:aws:s3:::s3-*-${accountId}-${names.suffix}` },
          },
        },
      ],
      lifecycle: [expire('expire', EXPIRY_DAYS)],
      ephemeral,
    },
    opts,
  );
}
