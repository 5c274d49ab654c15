import {
  CreateDBInstanceCommand,
  CreateDBParameterGroupCommand,
  ModifyDBParameterGroupCommand,
} from '@aws-sdk/client-rds';
import type * as aws from '@pulumi/aws';
import { realiser } from './realise';

/** The instance is a record of the emulator; what answers at its endpoint is our PostgreSQL. */
export const database = {
  'aws:rds/parameterGroup:ParameterGroup': realiser<aws.rds.ParameterGroupArgs>(
    async ({ name, family, description, parameters = [] }, { clients: { rds } }) => {
      const DBParameterGroupName = name as string;
      await rds.send(
        new CreateDBParameterGroupCommand({
          DBParameterGroupName,
          DBParameterGroupFamily: family,
          Description: description ?? '',
        }),
      );
      const Parameters = parameters.map((parameter) => ({
        ParameterName: parameter.name,
        ParameterValue: parameter.value,
        ApplyMethod: parameter.applyMethod === 'pending-reboot' ? ('pending-reboot' as const) : ('immediate' as const),
      }));
      await rds.send(new ModifyDBParameterGroupCommand({ DBParameterGroupName, Parameters }));
      return { id: DBParameterGroupName };
    },
  ),
  'aws:rds/instance:Instance': realiser<aws.rds.InstanceArgs>(async (inputs, { clients: { rds }, postgres }) => {
    const DBInstanceIdentifier = inputs.identifier as string;
    const { DBInstance } = await rds.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier,
        DBName: inputs.dbName,
        DBInstanceClass: inputs.instanceClass,
        Engine: inputs.engine,
        EngineVersion: inputs.engineVersion,
        Port: postgres.port,
        MasterUsername: inputs.username,
        MasterUserPassword: inputs.password,
        AllocatedStorage: inputs.allocatedStorage,
        MaxAllocatedStorage: inputs.maxAllocatedStorage,
        StorageType: inputs.storageType,
        StorageEncrypted: inputs.storageEncrypted,
        KmsKeyId: inputs.kmsKeyId,
        MultiAZ: inputs.multiAz,
        PubliclyAccessible: inputs.publiclyAccessible,
        DeletionProtection: inputs.deletionProtection,
        BackupRetentionPeriod: inputs.backupRetentionPeriod,
        AutoMinorVersionUpgrade: inputs.autoMinorVersionUpgrade,
        CopyTagsToSnapshot: inputs.copyTagsToSnapshot,
        EnableIAMDatabaseAuthentication: inputs.iamDatabaseAuthenticationEnabled,
        EnablePerformanceInsights: inputs.performanceInsightsEnabled,
        PerformanceInsightsKMSKeyId: inputs.performanceInsightsKmsKeyId,
        DBParameterGroupName: inputs.parameterGroupName,
        CACertificateIdentifier: inputs.caCertIdentifier,
        MonitoringInterval: inputs.monitoringInterval,
        MonitoringRoleArn: inputs.monitoringRoleArn,
        EnableCloudwatchLogsExports: inputs.enabledCloudwatchLogsExports,
      }),
    );
    await postgres.createDatabase(inputs.dbName ?? 'postgres');
    const { DBInstanceArn: arn, DbiResourceId: resourceId } = DBInstance ?? {};
    return { id: resourceId, state: { arn, resourceId, address: '127.0.0.1', port: postgres.port } };
  }),
};
