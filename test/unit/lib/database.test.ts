import { ACCOUNT, policyOf, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const INSTANCE = 'aws:rds/instance:Instance';
const KEY_ARN = 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data';

describe('Database', () => {
  let stack: Recording;
  beforeAll(async () => {
    stack = await evaluateStack({ config: { ephemeral: 'true' } });
  });

  it('is PostgreSQL in two zones, encrypted, private and signed in to through IAM', () => {
    expect(stack.find(INSTANCE).inputs).toEqual({
      identifier: 'rds-transactions-dev',
      engine: 'postgres',
      engineVersion: '17',
      autoMinorVersionUpgrade: true,
      allowMajorVersionUpgrade: true,
      engineLifecycleSupport: 'open-source-rds-extended-support-disabled',
      instanceClass: 'db.t4g.medium',
      multiAz: true,
      storageType: 'gp3',
      allocatedStorage: 100,
      maxAllocatedStorage: 500,
      storageEncrypted: true,
      kmsKeyId: KEY_ARN,
      dbName: 'transactions',
      port: 5432,
      username: 'dbmaster',
      password: 'correct-horse-battery',
      iamDatabaseAuthenticationEnabled: true,
      caCertIdentifier: 'rds-ca-rsa2048-g1',
      dbSubnetGroupName: 'rds-subnets-dev',
      vpcSecurityGroupIds: ['tap-network-database-id'],
      publiclyAccessible: false,
      parameterGroupName: 'rds-transactions-postgres17-dev',
      backupRetentionPeriod: 1,
      backupWindow: '17:00-18:00',
      maintenanceWindow: 'sun:18:30-sun:19:30',
      copyTagsToSnapshot: true,
      applyImmediately: true,
      deletionProtection: false,
      deleteAutomatedBackups: true,
      skipFinalSnapshot: true,
      enabledCloudwatchLogsExports: ['postgresql', 'upgrade', 'iam-db-auth-error'],
      monitoringInterval: 60,
      monitoringRoleArn: 'arn:aws:iam::123456789012:role/iam-rds-monitoring-dev',
      databaseInsightsMode: 'standard',
      performanceInsightsEnabled: true,
      performanceInsightsKmsKeyId: KEY_ARN,
      performanceInsightsRetentionPeriod: 7,
    });
  });

  it('takes the credentials from the existing secret, and keeps them secret', () => {
    expect(stack.calls.filter(({ token }) => token.includes('getSecretVersion'))).toMatchObject([
      { inputs: { secretId: 'rds-credentials-dev' } },
    ]);
    expect(stack.find(INSTANCE).secretInputs.sort()).toEqual(['password', 'username']);
    expect(stack.resources.filter(({ type }) => type.startsWith('aws:secretsmanager'))).toEqual([]);
    const elsewhere = stack.resources.filter(
      ({ type, inputs }) => type !== INSTANCE && JSON.stringify(inputs).includes('correct-horse-battery'),
    );
    expect(elsewhere).toEqual([]);
  });

  it('demands TLS, and logs sign-ins and slow statements without their values', () => {
    expect(stack.find('aws:rds/parameterGroup:ParameterGroup').inputs).toEqual({
      name: 'rds-transactions-postgres17-dev',
      family: 'postgres17',
      description: 'Parameters of the transaction database on postgres17',
      parameters: [
        { name: 'rds.force_ssl', value: '1', applyMethod: 'pending-reboot' },
        { name: 'log_connections', value: '1' },
        { name: 'log_disconnections', value: '1' },
        { name: 'log_statement', value: 'ddl' },
        { name: 'log_min_duration_statement', value: '1000' },
        { name: 'log_error_verbosity', value: 'terse' },
        { name: 'log_parameter_max_length', value: '0' },
        { name: 'log_parameter_max_length_on_error', value: '0' },
      ],
    });
  });

  it('waits for its log groups, which RDS would otherwise make for ever, and for its monitoring role', () => {
    const before = stack.closure(stack.find(INSTANCE));
    for (const log of ['postgresql', 'upgrade', 'iam-db-auth-error']) {
      expect(before).toContain(`aws:cloudwatch/logGroup:LogGroup tap-database-${log}`);
    }
    expect(before).toContain('aws:iam/rolePolicyAttachment:RolePolicyAttachment tap-database-monitoring');
    expect(policyOf(stack.find('aws:iam/role:Role', 'tap-database-monitoring'), 'assumeRolePolicy').Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'monitoring.rds.amazonaws.com' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
      },
    ]);
  });
});

describe('Database, kept', () => {
  it('is protected in every way, and leaves a snapshot whose name no other destroy takes', async () => {
    const stack = await evaluateStack({
      config: {
        databaseClass: 'db.m7g.large',
        databaseEngineMajor: '18',
        databaseMultiAz: 'false',
        databaseStorageGib: '200',
        databaseMaxStorageGib: '1000',
      },
    });
    const { inputs, protect } = stack.find(INSTANCE);
    expect(inputs).toMatchObject({
      engineVersion: '18',
      parameterGroupName: 'rds-transactions-postgres18-dev',
      instanceClass: 'db.m7g.large',
      multiAz: false,
      allocatedStorage: 200,
      maxAllocatedStorage: 1_000,
      backupRetentionPeriod: 14,
      deletionProtection: true,
      deleteAutomatedBackups: false,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: 'rds-transactions-dev-final-c0ffee01',
    });
    expect(inputs).not.toHaveProperty('iops');
    expect(inputs).not.toHaveProperty('storageThroughput');
    expect(protect).toBe(true);
    expect(stack.find('random:index/randomId:RandomId').inputs).toEqual({ byteLength: 4 });
  });
});
