import { DescribeReplicationGroupsCommand, DescribeUsersCommand, ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { DescribeDBInstancesCommand, DescribeDBParametersCommand, RDSClient } from '@aws-sdk/client-rds';
import {
  GetBucketEncryptionCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { client, output, outputsText, testOnAws } from './stack';

const elasticache = new ElastiCacheClient(client);
const rds = new RDSClient(client);
const s3 = new S3Client(client);

async function replicationGroup() {
  const command = new DescribeReplicationGroupsCommand({ ReplicationGroupId: output('replicationGroupId') });
  return (await elasticache.send(command)).ReplicationGroups?.[0];
}

async function instance() {
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: output('dbInstanceIdentifier') });
  return (await rds.send(command)).DBInstances?.[0];
}

describe('cache', () => {
  test('fails over between zones by itself', async () => {
    expect(await replicationGroup()).toMatchObject({
      Status: 'available',
      AutomaticFailover: 'enabled',
      MultiAZ: 'enabled',
      ClusterEnabled: false,
    });
  });

  test('is encrypted at rest and reachable through TLS only', async () => {
    expect(await replicationGroup()).toMatchObject({
      AtRestEncryptionEnabled: true,
      TransitEncryptionEnabled: true,
      TransitEncryptionMode: 'required',
    });
  });

  test('lets the processor use the commands and keys of its histories, and nothing else', async () => {
    const { Users = [] } = await elasticache.send(new DescribeUsersCommand({ UserId: output('redisUserId') }));
    expect(Users).toHaveLength(1);
    expect(Users[0]?.UserName).toBe(output('redisUserId'));
    expect(Users[0]?.AccessString).toMatch(/^on ~history:\* -@all( \+[a-z|]+)+$/);
  });

  testOnAws(
    'has the endpoint and key of the outputs',
    'the emulator keeps no key and no endpoint of ours',
    async () => {
      const group = await replicationGroup();
      expect(group?.NodeGroups?.[0]?.PrimaryEndpoint?.Address).toBe(output('redisEndpoint'));
      expect(group?.KmsKeyId).toBe(output('kmsKeyArn'));
    },
  );
});

describe('database', () => {
  test('is PostgreSQL, encrypted with the stack’s key, and not public', async () => {
    expect(await instance()).toMatchObject({
      DBInstanceStatus: 'available',
      Engine: 'postgres',
      DBName: output('rdsDatabaseName'),
      StorageType: 'gp3',
      StorageEncrypted: true,
      KmsKeyId: output('kmsKeyArn'),
      PubliclyAccessible: false,
    });
  });

  test('takes IAM sign-in, under a certificate of the authority that the functions carry', async () => {
    expect(await instance()).toMatchObject({
      IAMDatabaseAuthenticationEnabled: true,
      CACertificateIdentifier: 'rds-ca-rsa2048-g1',
    });
  });

  test('has backups', async () => {
    expect((await instance())?.BackupRetentionPeriod).toBeGreaterThanOrEqual(1);
  });

  testOnAws('has the endpoint of the outputs', 'the emulator reports an address of its own', async () => {
    expect((await instance())?.Endpoint?.Address).toBe(output('rdsEndpoint'));
  });

  test('refuses connections without TLS', async () => {
    const DBParameterGroupName = (await instance())?.DBParameterGroups?.[0]?.DBParameterGroupName;
    const { Parameters = [] } = await rds.send(
      new DescribeDBParametersCommand({ DBParameterGroupName, Source: 'user' }),
    );
    expect(Parameters.find(({ ParameterName }) => ParameterName === 'rds.force_ssl')?.ParameterValue).toBe('1');
  });
});

describe('secret', () => {
  test('holds the master credentials, and the outputs hold none of them', async () => {
    const secrets = new SecretsManagerClient(client);
    const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId: output('dbSecretArn') }));
    const { username, password } = JSON.parse(SecretString);
    expect([typeof username, typeof password]).toEqual(['string', 'string']);
    expect(outputsText().includes(password)).toBe(false);
  });
});

describe('failed-record bucket', () => {
  const Bucket = output('failedRecordsBucketName');

  test('encrypts with the stack’s key', async () => {
    const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    expect(ServerSideEncryptionConfiguration?.Rules).toMatchObject([
      { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: output('kmsKeyArn') } },
    ]);
  });

  test('keeps versions and is closed to the public', async () => {
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
    const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    expect(PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
  });
});
