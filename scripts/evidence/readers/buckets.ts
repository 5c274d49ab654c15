import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketLoggingCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import type { Reader } from './reader';

const part = (kind: string) => `aws:s3/bucket${kind}:Bucket${kind}`;

const bucket: Reader = async ({ name, clients: { s3 } }) => {
  await s3.send(new GetBucketLocationCommand({ Bucket: name }));
  return { bucket: name };
};

const encryption: Reader = async ({ name: Bucket, clients: { s3 } }) => {
  const { ServerSideEncryptionConfiguration: found } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
  const rules = (found?.Rules ?? []).map(({ ApplyServerSideEncryptionByDefault: by }) => ({
    applyServerSideEncryptionByDefault: { sseAlgorithm: by?.SSEAlgorithm, kmsMasterKeyId: by?.KMSMasterKeyID },
  }));
  return { rules };
};

const publicAccessBlock: Reader = async ({ name: Bucket, clients: { s3 } }) => {
  const { PublicAccessBlockConfiguration: found = {} } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
  return {
    blockPublicAcls: found.BlockPublicAcls,
    blockPublicPolicy: found.BlockPublicPolicy,
    ignorePublicAcls: found.IgnorePublicAcls,
    restrictPublicBuckets: found.RestrictPublicBuckets,
  };
};

const ownership: Reader = async ({ name: Bucket, clients: { s3 } }) => {
  const { OwnershipControls: found } = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
  return { rule: { objectOwnership: found?.Rules?.[0]?.ObjectOwnership } };
};

const versioning: Reader = async ({ name: Bucket, clients: { s3 } }) => {
  const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
  return { versioningConfiguration: { status: Status } };
};

const policy: Reader = async ({ name: Bucket, clients: { s3 } }) => {
  const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
  return { policy: Policy };
};

/** A bucket that logs nowhere has no part for that. */
const logging: Reader = async ({ name: Bucket, clients: { s3 } }) => {
  const { LoggingEnabled: found } = await s3.send(new GetBucketLoggingCommand({ Bucket }));
  return found && { targetBucket: found.TargetBucket, targetPrefix: found.TargetPrefix };
};

const lifecycle: Reader = async ({ name: Bucket, clients: { s3 } }) => {
  const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
  const rules = Rules.map(({ Status, Expiration, Transitions, NoncurrentVersionExpiration, ...rule }) => ({
    status: Status,
    expiration: Expiration && { days: Expiration.Days },
    transitions: Transitions,
    noncurrentVersionExpiration: NoncurrentVersionExpiration && {
      noncurrentDays: NoncurrentVersionExpiration.NoncurrentDays,
    },
    abortIncompleteMultipartUpload: { daysAfterInitiation: rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation },
  }));
  return { rules };
};

export const buckets: Record<string, Reader> = {
  'aws:s3/bucket:Bucket': bucket,
  [part('ServerSideEncryptionConfiguration')]: encryption,
  [part('PublicAccessBlock')]: publicAccessBlock,
  [part('OwnershipControls')]: ownership,
  [part('Versioning')]: versioning,
  [part('Policy')]: policy,
  [part('Logging')]: logging,
  [part('LifecycleConfiguration')]: lifecycle,
};
