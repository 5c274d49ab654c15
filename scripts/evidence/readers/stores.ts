import { DescribeReplicationGroupsCommand, DescribeUsersCommand } from '@aws-sdk/client-elasticache';
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { DescribeDBInstancesCommand, type Parameter, paginateDescribeDBParameters } from '@aws-sdk/client-rds';
import type { Reader } from './reader';

const stream: Reader = async ({ name, clients: { kinesis } }) => {
  const { StreamDescriptionSummary: found } = await kinesis.send(
    new DescribeStreamSummaryCommand({ StreamName: name }),
  );
  return (
    found && {
      name: found.StreamName,
      encryptionType: found.EncryptionType,
      kmsKeyId: found.KeyId,
      retentionPeriod: found.RetentionPeriodHours,
    }
  );
};

const replicationGroup: Reader = async ({ name, clients: { elasticache } }) => {
  const command = new DescribeReplicationGroupsCommand({ ReplicationGroupId: name });
  const [found] = (await elasticache.send(command)).ReplicationGroups ?? [];
  return (
    found && {
      replicationGroupId: found.ReplicationGroupId,
      atRestEncryptionEnabled: found.AtRestEncryptionEnabled,
      kmsKeyId: found.KmsKeyId,
      transitEncryptionEnabled: found.TransitEncryptionEnabled,
      transitEncryptionMode: found.TransitEncryptionMode,
      userGroupIds: found.UserGroupIds,
      authToken: found.AuthTokenEnabled ? 'set' : undefined,
      autoMinorVersionUpgrade: found.AutoMinorVersionUpgrade,
    }
  );
};

const user: Reader = async ({ name, clients: { elasticache } }) => {
  const [found] = (await elasticache.send(new DescribeUsersCommand({ UserId: name }))).Users ?? [];
  return (
    found && {
      userId: found.UserId,
      accessString: found.AccessString,
      authenticationMode: { type: found.Authentication?.Type },
    }
  );
};

const database: Reader = async ({ name, clients: { rds } }) => {
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: name });
  const [found] = (await rds.send(command)).DBInstances ?? [];
  return (
    found && {
      identifier: found.DBInstanceIdentifier,
      storageEncrypted: found.StorageEncrypted,
      kmsKeyId: found.KmsKeyId,
      performanceInsightsKmsKeyId: found.PerformanceInsightsKMSKeyId,
      publiclyAccessible: found.PubliclyAccessible,
      iamDatabaseAuthenticationEnabled: found.IAMDatabaseAuthenticationEnabled,
      caCertIdentifier: found.CACertificateIdentifier,
      backupRetentionPeriod: found.BackupRetentionPeriod,
      copyTagsToSnapshot: found.CopyTagsToSnapshot,
      deletionProtection: found.DeletionProtection,
      autoMinorVersionUpgrade: found.AutoMinorVersionUpgrade,
      enabledCloudwatchLogsExports: found.EnabledCloudwatchLogsExports ?? [],
    }
  );
};

const databaseParameters: Reader = async ({ name, clients: { rds } }) => {
  const found: Parameter[] = [];
  for await (const page of paginateDescribeDBParameters({ client: rds }, { DBParameterGroupName: name })) {
    found.push(...(page.Parameters ?? []));
  }
  return { name, parameters: found.map((one) => ({ name: one.ParameterName, value: one.ParameterValue })) };
};

export const stores: Record<string, Reader> = {
  'aws:kinesis/stream:Stream': stream,
  'aws:elasticache/replicationGroup:ReplicationGroup': replicationGroup,
  'aws:elasticache/user:User': user,
  'aws:rds/instance:Instance': database,
  'aws:rds/parameterGroup:ParameterGroup': databaseParameters,
};
