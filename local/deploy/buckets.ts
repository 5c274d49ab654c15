import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  type ObjectOwnership,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type ServerSideEncryption,
  type TransitionStorageClass,
} from '@aws-sdk/client-s3';
import type * as aws from '@pulumi/aws';
import { realiser } from './realise';

export const buckets = {
  'aws:s3/bucket:Bucket': realiser<aws.s3.BucketArgs>(async (inputs, { clients: { s3 }, region }) => {
    const Bucket = inputs.bucket as string;
    const LocationConstraint = region as BucketLocationConstraint;
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }));
    return { id: Bucket, state: { arn: `arn:aws:s3:::${Bucket}` } };
  }),
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration':
    realiser<aws.s3.BucketServerSideEncryptionConfigurationArgs>(async ({ bucket, rules }, { clients: { s3 } }) => {
      const Rules = rules.map(({ applyServerSideEncryptionByDefault: by, bucketKeyEnabled }) => ({
        ApplyServerSideEncryptionByDefault: by && {
          SSEAlgorithm: by.sseAlgorithm as ServerSideEncryption,
          KMSMasterKeyID: by.kmsMasterKeyId,
        },
        BucketKeyEnabled: bucketKeyEnabled,
      }));
      await s3.send(new PutBucketEncryptionCommand({ Bucket: bucket, ServerSideEncryptionConfiguration: { Rules } }));
      return { id: bucket };
    }),
  'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': realiser<aws.s3.BucketPublicAccessBlockArgs>(
    async (inputs, { clients: { s3 } }) => {
      await s3.send(
        new PutPublicAccessBlockCommand({
          Bucket: inputs.bucket,
          PublicAccessBlockConfiguration: {
            BlockPublicAcls: inputs.blockPublicAcls,
            BlockPublicPolicy: inputs.blockPublicPolicy,
            IgnorePublicAcls: inputs.ignorePublicAcls,
            RestrictPublicBuckets: inputs.restrictPublicBuckets,
          },
        }),
      );
      return { id: inputs.bucket };
    },
  ),
  'aws:s3/bucketOwnershipControls:BucketOwnershipControls': realiser<aws.s3.BucketOwnershipControlsArgs>(
    async ({ bucket, rule }, { clients: { s3 } }) => {
      const Rules = [{ ObjectOwnership: rule.objectOwnership as ObjectOwnership }];
      await s3.send(new PutBucketOwnershipControlsCommand({ Bucket: bucket, OwnershipControls: { Rules } }));
      return { id: bucket };
    },
  ),
  'aws:s3/bucketVersioning:BucketVersioning': realiser<aws.s3.BucketVersioningArgs>(
    async ({ bucket, versioningConfiguration: { status } }, { clients: { s3 } }) => {
      const VersioningConfiguration = { Status: status === 'Enabled' ? ('Enabled' as const) : ('Suspended' as const) };
      await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
      return { id: bucket };
    },
  ),
  'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration': realiser<aws.s3.BucketLifecycleConfigurationArgs>(
    async ({ bucket, rules = [] }, { clients: { s3 } }) => {
      const Rules = rules.map((rule) => ({
        ID: rule.id,
        Status: rule.status === 'Enabled' ? ('Enabled' as const) : ('Disabled' as const),
        Filter: { Prefix: rule.filter?.prefix ?? '' },
        Transitions: rule.transitions?.map(({ days, storageClass }) => ({
          Days: days,
          StorageClass: storageClass as TransitionStorageClass,
        })),
        Expiration: rule.expiration && { Days: rule.expiration.days },
        NoncurrentVersionExpiration: rule.noncurrentVersionExpiration && {
          NoncurrentDays: rule.noncurrentVersionExpiration.noncurrentDays,
        },
        AbortIncompleteMultipartUpload: rule.abortIncompleteMultipartUpload && {
          DaysAfterInitiation: rule.abortIncompleteMultipartUpload.daysAfterInitiation,
        },
      }));
      await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration: { Rules } }));
      return { id: bucket };
    },
  ),
  'aws:s3/bucketLogging:BucketLogging': realiser<aws.s3.BucketLoggingArgs>(
    async ({ bucket, targetBucket, targetPrefix }, { clients: { s3 } }) => {
      const LoggingEnabled = { TargetBucket: targetBucket, TargetPrefix: targetPrefix };
      await s3.send(new PutBucketLoggingCommand({ Bucket: bucket, BucketLoggingStatus: { LoggingEnabled } }));
      return { id: bucket };
    },
  ),
  'aws:s3/bucketPolicy:BucketPolicy': realiser<aws.s3.BucketPolicyArgs>(
    async ({ bucket, policy }, { clients: { s3 } }) => {
      await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policy as string }));
      return { id: bucket };
    },
  ),
};
