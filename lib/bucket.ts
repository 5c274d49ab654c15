import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { ownKeyOnly, tlsOnly } from './bucket-policy';
import type { BucketKey, Names } from './naming';
import { policyDocument, type Statement } from './policies';

type LifecycleRule = aws.types.input.s3.BucketLifecycleConfigurationRule;

export interface BucketArgs {
  /** Which bucket it is: its name goes by that. */
  key: BucketKey;
  names: Names;
  accountId: pulumi.Input<string>;
  /** The key that objects are encrypted with; S3's own where there is none. */
  encryption?: {
    kmsKeyArn: pulumi.Input<string>;
    /**
     * What becomes of an object whose request says nothing of encryption; one under another key is refused.
     * @default it is stored under this key, and no other is refused
     */
    unstated?: 'refused' | 'default';
  };
  /** Where accesses are logged, in a folder of its own. @default nowhere */
  accessLogs?: { bucket: Bucket; prefix: string };
  /** What the policy says besides: TLS only, this key only. */
  statements?: Statement[];
  /** When objects move and expire; none: never. */
  lifecycle: LifecycleRule[];
  /**
   * How long nobody may change or delete an object without the right to bypass governance, days; 0 for not at all, which a
   * later deployment can change. @default a bucket that can never lock objects
   */
  lockDays?: number;
  /** Whether destroy may empty and delete the bucket. */
  ephemeral: boolean;
}

/** What is left of an upload that nobody finished goes after a day, wherever it lies. */
export const END_UPLOADS: LifecycleRule = {
  id: 'uploads',
  status: 'Enabled',
  filter: {},
  abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
};

/** Expiry after some days, of a prefix or of everything; versions go with their object, abandoned uploads after a day. */
export function expire(id: string, days: number, prefix?: string): LifecycleRule {
  return {
    id,
    status: 'Enabled',
    filter: prefix === undefined ? {} : { prefix },
    expiration: { days },
    noncurrentVersionExpiration: { noncurrentDays: 1 },
    abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
  };
}

/** A private, encrypted, versioned bucket that answers over TLS only. */
export class Bucket extends pulumi.ComponentResource {
  public readonly bucket: aws.s3.Bucket;
  /** Comes last: whoever waits for it meets a bucket that is closed, encrypted and expiring. */
  public readonly policy: aws.s3.BucketPolicy;

  constructor(
    private readonly name: string,
    private readonly args: BucketArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:storage:Bucket', name, {}, opts);
    const { accessLogs } = args;

    this.bucket = this.createBucket();
    const closed = [this.encrypt(), ...this.close()];
    const versioned = this.keepVersions();
    this.policy = this.createPolicy([...closed, versioned, ...this.expire(versioned), ...this.lock(versioned)]);
    if (accessLogs) {
      new aws.s3.BucketLogging(
        name,
        {
          bucket: this.bucket.id,
          targetBucket: accessLogs.bucket.bucket.id,
          targetPrefix: accessLogs.prefix,
        },
        { parent: this, dependsOn: [accessLogs.bucket.policy] },
      );
    }

    this.registerOutputs({ bucketName: this.bucket.bucket });
  }

  private createBucket(): aws.s3.Bucket {
    const { key, names, accountId, lockDays, ephemeral } = this.args;
    return new aws.s3.Bucket(
      this.name,
      {
        bucket: pulumi.output(accountId).apply((id) => names.bucket(key, id)),
        forceDestroy: ephemeral,
        ...(lockDays !== undefined && { objectLockEnabled: true }),
      },
      // A bucket that can lock objects stays so; the provider would replace it, with all it holds.
      { parent: this, protect: !ephemeral, ignoreChanges: ['objectLockEnabled'] },
    );
  }

  private encrypt(): pulumi.Resource {
    const { encryption } = this.args;
    const by = encryption
      ? { sseAlgorithm: 'aws:kms', kmsMasterKeyId: encryption.kmsKeyArn }
      : { sseAlgorithm: 'AES256' };
    return new aws.s3.BucketServerSideEncryptionConfiguration(
      this.name,
      {
        bucket: this.bucket.id,
        rules: [{ applyServerSideEncryptionByDefault: by, bucketKeyEnabled: encryption !== undefined }],
      },
      { parent: this },
    );
  }

  private close(): pulumi.Resource[] {
    const bucket = this.bucket.id;
    const everything = {
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    };
    return [
      new aws.s3.BucketPublicAccessBlock(this.name, { bucket, ...everything }, { parent: this }),
      new aws.s3.BucketOwnershipControls(
        this.name,
        { bucket, rule: { objectOwnership: 'BucketOwnerEnforced' } },
        { parent: this },
      ),
    ];
  }

  private keepVersions(): pulumi.Resource {
    return new aws.s3.BucketVersioning(
      this.name,
      { bucket: this.bucket.id, versioningConfiguration: { status: 'Enabled' } },
      { parent: this },
    );
  }

  private expire(versioned: pulumi.Resource): pulumi.Resource[] {
    const { lifecycle: rules } = this.args;
    if (rules.length === 0) return [];
    return [
      new aws.s3.BucketLifecycleConfiguration(
        this.name,
        { bucket: this.bucket.id, rules },
        { parent: this, dependsOn: [versioned] },
      ),
    ];
  }

  private lock(versioned: pulumi.Resource): pulumi.Resource[] {
    const { lockDays: days } = this.args;
    if (!days) return [];
    return [
      new aws.s3.BucketObjectLockConfiguration(
        this.name,
        { bucket: this.bucket.id, rule: { defaultRetention: { mode: 'GOVERNANCE', days } } },
        { parent: this, dependsOn: [versioned] },
      ),
    ];
  }

  private createPolicy(after: pulumi.Resource[]): aws.s3.BucketPolicy {
    const { encryption, statements = [] } = this.args;
    const { arn } = this.bucket;
    const keyStatements = encryption?.unstated ? ownKeyOnly(arn, encryption.kmsKeyArn, encryption.unstated) : [];
    return new aws.s3.BucketPolicy(
      this.name,
      { bucket: this.bucket.id, policy: policyDocument([tlsOnly(arn), ...keyStatements, ...statements]) },
      { parent: this, dependsOn: after },
    );
  }
}
