import type * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { Bucket, END_UPLOADS, expire } from './bucket';
import type { Bundle } from './bundle';
import type { Database } from './database';
import { Delivery, FAILED_PREFIX } from './delivery';
import { FAILED_RECORD_DAYS } from './failed-records';
import { NetworkFunction } from './function';
import type { LogSettings } from './log-group';
import type { Names } from './naming';
import type { Network } from './network';

export interface ArchiveArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  network: Network;
  stream: aws.kinesis.Stream;
  /** Keeps the keys that lines are sealed with. */
  database: Database;
  /** Makes the keys' table; the function comes after it. */
  migration: pulumi.Resource;
  /** Archive of the transformation function. */
  files: pulumi.Input<Bundle>;
  /** ARN of the key that encrypts stream and archive. */
  kmsKeyArn: pulumi.Input<string>;
  /** Where accesses are logged. */
  accessLogs: Bucket;
  logs: LogSettings;
  /** How long an object may gather, seconds, 60 to 900. */
  archiveBufferSeconds: number;
  /** How large it may become before it is compressed, MiB, 64 to 128. */
  archiveBufferMib: number;
  /** Days until an object moves to a cheaper class, 1 to 3,650. */
  archiveColdDays: number;
  /** Days until it expires, 90 to 36,500. */
  archiveRetentionDays: number;
  /** Days during which it cannot be changed or deleted, 0 to 36,500. */
  archiveLockDays: number;
  /** Whether destroy may empty and delete the bucket; then nothing is locked, moved or expires. */
  ephemeral: boolean;
}

/** Half a mebibyte of records at a time; with memory comes the share of a processor. */
const ARCHIVER_MEMORY_MIB = 512;
/** As long as Firehose waits for a function: while it waits for the database, nothing is given up. */
const ARCHIVER_TIMEOUT_SECONDS = 300;

/**
 * The data lake: Firehose reads the stream, a function validates every record, strips what the contract does not know and seals
 * what is personal, and S3 keeps the result for years. It stands beside the processor, which neither waits for it nor knows of it.
 */
export class Archive extends pulumi.ComponentResource {
  public readonly bucket: Bucket;
  public readonly archiver: NetworkFunction;
  public readonly delivery: Delivery;

  constructor(
    private readonly name: string,
    private readonly args: ArchiveArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:archive:Archive', name, {}, opts);

    this.bucket = this.createBucket();
    this.archiver = this.createArchiver();
    this.delivery = new Delivery(
      `${name}-delivery`,
      {
        ...args,
        transformer: this.archiver,
        destination: this.bucket,
        bufferSeconds: args.archiveBufferSeconds,
        bufferMib: args.archiveBufferMib,
      },
      { parent: this },
    );

    this.registerOutputs({
      bucketName: this.bucket.bucket.bucket,
      deliveryStreamName: this.delivery.stream.name,
    });
  }

  private createBucket(): Bucket {
    const { kmsKeyArn, accessLogs, ephemeral, archiveColdDays, archiveRetentionDays, archiveLockDays } = this.args;
    const lifecycle = ['transactions', 'refused'].map((kind) => ({
      ...expire(kind, archiveRetentionDays, `${kind}/`),
      transitions: [{ days: archiveColdDays, storageClass: 'GLACIER_IR' }],
    }));
    return new Bucket(
      `${this.name}-bucket`,
      {
        ...this.args,
        key: 'archive',
        encryption: { kmsKeyArn, unstated: 'refused' },
        accessLogs: { bucket: accessLogs, prefix: 'archive/' },
        lifecycle: [
          END_UPLOADS,
          ...(ephemeral ? [] : [...lifecycle, expire('failed', FAILED_RECORD_DAYS, FAILED_PREFIX)]),
        ],
        ...(!ephemeral && { lockDays: archiveLockDays }),
      },
      { parent: this },
    );
  }

  private createArchiver(): NetworkFunction {
    return new NetworkFunction(
      `${this.name}-archiver`,
      {
        ...this.args,
        member: 'archiver',
        description: 'Makes lines of the archive of the records of the stream',
        logKind: 'operational',
        memoryMib: ARCHIVER_MEMORY_MIB,
        timeoutSeconds: ARCHIVER_TIMEOUT_SECONDS,
        signIns: [this.args.database.signIn('tap_archiver')],
        environment: {},
        permissions: [],
        after: [this.args.migration, this.args.network],
      },
      { parent: this },
    );
  }
}
