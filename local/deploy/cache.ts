import {
  CreateCacheParameterGroupCommand,
  CreateReplicationGroupCommand,
  CreateUserCommand,
  CreateUserGroupCommand,
  type InputAuthenticationType,
  ModifyCacheParameterGroupCommand,
} from '@aws-sdk/client-elasticache';
import type * as aws from '@pulumi/aws';
import { realiser } from './realise';

/** The replication group is a record of the emulator; what answers at its endpoint is our Valkey, with the stack's users. */
export const cache = {
  'aws:elasticache/user:User': realiser<aws.elasticache.UserArgs>(
    async (inputs, { clients: { elasticache }, valkey, region, account }) => {
      const mode = inputs.authenticationMode;
      await elasticache.send(
        new CreateUserCommand({
          UserId: inputs.userId,
          UserName: inputs.userName,
          Engine: inputs.engine,
          AccessString: inputs.accessString,
          AuthenticationMode: mode && { Type: mode.type as InputAuthenticationType, Passwords: mode.passwords },
        }),
      );
      await valkey.setUser(inputs.userName, inputs.accessString);
      return { id: inputs.userId, state: { arn: `arn:aws:elasticache:${region}:${account}:user:${inputs.userId}` } };
    },
  ),
  'aws:elasticache/userGroup:UserGroup': realiser<aws.elasticache.UserGroupArgs>(
    async ({ userGroupId, engine, userIds }, { clients: { elasticache } }) => {
      const command = new CreateUserGroupCommand({ UserGroupId: userGroupId, Engine: engine, UserIds: userIds });
      await elasticache.send(command);
      return { id: userGroupId };
    },
  ),
  'aws:elasticache/parameterGroup:ParameterGroup': realiser<aws.elasticache.ParameterGroupArgs>(
    async ({ name, family, description, parameters = [] }, { clients: { elasticache } }) => {
      const CacheParameterGroupName = name as string;
      await elasticache.send(
        new CreateCacheParameterGroupCommand({
          CacheParameterGroupName,
          CacheParameterGroupFamily: family,
          Description: description ?? '',
        }),
      );
      const ParameterNameValues = parameters.map((parameter) => ({
        ParameterName: parameter.name,
        ParameterValue: parameter.value,
      }));
      await elasticache.send(new ModifyCacheParameterGroupCommand({ CacheParameterGroupName, ParameterNameValues }));
      return { id: CacheParameterGroupName };
    },
  ),
  'aws:elasticache/replicationGroup:ReplicationGroup': realiser<aws.elasticache.ReplicationGroupArgs>(
    async (inputs, { clients: { elasticache }, valkey }) => {
      const { ReplicationGroup } = await elasticache.send(
        new CreateReplicationGroupCommand({
          ReplicationGroupId: inputs.replicationGroupId,
          ReplicationGroupDescription: inputs.description,
          Engine: inputs.engine,
          EngineVersion: inputs.engineVersion,
          CacheNodeType: inputs.nodeType,
          NumCacheClusters: inputs.numCacheClusters,
          MultiAZEnabled: inputs.multiAzEnabled,
          AutomaticFailoverEnabled: inputs.automaticFailoverEnabled,
          AtRestEncryptionEnabled: inputs.atRestEncryptionEnabled as boolean | undefined,
          TransitEncryptionEnabled: inputs.transitEncryptionEnabled,
          TransitEncryptionMode: inputs.transitEncryptionMode as 'preferred' | 'required' | undefined,
          KmsKeyId: inputs.kmsKeyId,
          CacheParameterGroupName: inputs.parameterGroupName,
          UserGroupIds: inputs.userGroupIds,
          SnapshotRetentionLimit: inputs.snapshotRetentionLimit,
        }),
      );
      return {
        id: inputs.replicationGroupId,
        state: { arn: ReplicationGroup?.ARN, primaryEndpointAddress: '127.0.0.1', port: valkey.port },
      };
    },
  ),
};
