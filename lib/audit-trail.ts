import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { Bucket, expire } from './bucket';
import type { Names } from './naming';
import type { Statement } from './policies';

type Selector = aws.types.input.cloudtrail.TrailAdvancedEventSelector;
type Values = Omit<aws.types.input.cloudtrail.TrailAdvancedEventSelectorFieldSelector, 'field'>;

export interface AuditTrailArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  /** ARN of the key that encrypts what is recorded; its policy must let CloudTrail use it for this trail. */
  kmsKeyArn: pulumi.Input<string>;
  /** Where accesses to what is recorded are logged. */
  accessLogs: Bucket;
  /** Whether the account's management events, key use among them, are recorded too: for an account without a trail that does. */
  managementEvents: boolean;
  /** Buckets whose objects' reads, writes and deletions are recorded. */
  buckets: aws.s3.Bucket[];
  /** The function whose invocations are recorded, with who asked. */
  function: aws.lambda.Function;
  /** How long records are kept, and locked, days. */
  retentionDays: number;
  /** Whether destroy may delete the records; then nothing is locked. */
  ephemeral: boolean;
}

/** ARN of the trail, for policies that come before it. */
export function auditTrailArn(names: Names, region: string, accountId: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.interpolate`arn:aws:cloudtrail:${region}:${accountId}:trail/${names.of('auditTrail')}`;
}

/**
 * A trail of who read, wrote or deleted payment records in S3, and who asked the operations function for what, in a bucket of its
 * own. CloudTrail signs what it writes, hour by hour: `aws cloudtrail validate-logs` tells whether any of it was changed or is gone.
 */
export class AuditTrail extends pulumi.ComponentResource {
  public readonly trail: aws.cloudtrail.Trail;
  public readonly bucket: Bucket;

  constructor(
    private readonly name: string,
    private readonly args: AuditTrailArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:audit:AuditTrail', name, {}, opts);

    this.bucket = this.createBucket();
    this.trail = this.createTrail();

    this.registerOutputs({ trailArn: this.trail.arn, bucketName: this.bucket.bucket.bucket });
  }

  /** CloudTrail states the key of its records but not always of its digests, so nothing is refused for its key. */
  private createBucket(): Bucket {
    const { names, accountId, kmsKeyArn, accessLogs, retentionDays, ephemeral } = this.args;
    return new Bucket(
      `${this.name}-records`,
      {
        names,
        accountId,
        ephemeral,
        key: 'auditTrail',
        encryption: { kmsKeyArn },
        accessLogs: { bucket: accessLogs, prefix: 'audit-trail/' },
        statements: this.bucketStatements(),
        lifecycle: [expire('expire', retentionDays)],
        ...(!ephemeral && { lockDays: retentionDays }),
      },
      { parent: this },
    );
  }

  private bucketStatements(): Statement[] {
    const { names, region, accountId } = this.args;
    const bucketArn = pulumi.output(accountId).apply((id) => `arn:aws:s3:::${names.bucket('auditTrail', id)}`);
    const source = { 'aws:SourceArn': auditTrailArn(names, region, accountId) };
    const cloudTrail = { Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' } } as const;
    return [
      {
        ...cloudTrail,
        Sid: 'CloudTrailChecks',
        Action: 's3:GetBucketAcl',
        Resource: bucketArn,
        Condition: { StringEquals: source },
      },
      {
        ...cloudTrail,
        Sid: 'CloudTrailWrites',
        Action: 's3:PutObject',
        Resource: pulumi.interpolate`${bucketArn}/AWSLogs/${accountId}/*`,
        Condition: { StringEquals: { ...source, 's3:x-amz-acl': 'bucket-owner-full-control' } },
      },
    ];
  }

  private createTrail(): aws.cloudtrail.Trail {
    const { names, kmsKeyArn, managementEvents, ephemeral } = this.args;
    return new aws.cloudtrail.Trail(
      `${this.name}-trail`,
      {
        name: names.of('auditTrail'),
        s3BucketName: this.bucket.bucket.id,
        kmsKeyId: kmsKeyArn,
        enableLogFileValidation: true,
        // IAM and STS record what they do in another region.
        isMultiRegionTrail: managementEvents,
        includeGlobalServiceEvents: managementEvents,
        advancedEventSelectors: this.selectors(),
      },
      { parent: this, dependsOn: [this.bucket], protect: !ephemeral },
    );
  }

  private selectors(): Selector[] {
    const {
      buckets,
      function: { arn },
      managementEvents,
    } = this.args;
    const select = (name: string, fields: [string, Values][]): Selector => ({
      name,
      fieldSelectors: fields.map(([field, values]) => ({ field, ...values })),
    });
    return [
      select('Objects', [
        ['eventCategory', { equals: ['Data'] }],
        ['resources.type', { equals: ['AWS::S3::Object'] }],
        ['resources.ARN', { startsWiths: buckets.map((bucket) => pulumi.interpolate`${bucket.arn}/`) }],
      ]),
      select('Questions', [
        ['eventCategory', { equals: ['Data'] }],
        ['resources.type', { equals: ['AWS::Lambda::Function'] }],
        ['resources.ARN', { startsWiths: [arn] }], // under an alias too
      ]),
      ...(managementEvents ? [select('Management', [['eventCategory', { equals: ['Management'] }]])] : []),
    ];
  }
}
