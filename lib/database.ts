import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import { parseCredentials } from './credentials';
import { PORTS } from './flows';
import type { SignIn } from './function';
import { createLogGroup, type LogSettings } from './log-group';
import type { Names } from './naming';
import { trustService } from './policies';

export interface DatabaseArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  /** Instance class, larger than a micro. */
  instanceClass: string;
  /** Storage at first and at most, GiB. */
  storageGib: number;
  maxStorageGib: number;
  /** Major version of PostgreSQL; minor ones follow by themselves. */
  engineMajor: string;
  multiAz: boolean;
  /** Name of the existing Secrets Manager entry with the master credentials. */
  secretName: string;
  /** ARN of the key that encrypts storage and Database Insights. */
  kmsKeyArn: pulumi.Input<string>;
  subnetIds: pulumi.Input<string>[];
  securityGroupId: pulumi.Input<string>;
  logs: LogSettings;
  /** Whether the database may be deleted, and without a final snapshot. */
  ephemeral: boolean;
}

export const DATABASE_NAME = 'transactions';

/** Roles that the migrations create, all signing in through IAM. */
type DatabaseRole = 'tap_processor' | 'tap_operator' | 'tap_publisher' | 'tap_archiver';

/** Days of backups. */
const BACKUP_DAYS = { ephemeral: 1, kept: 14 };

/** Seconds between two samples of the operating system's metrics. */
const MONITORING_INTERVAL_SECONDS = 60;

/** Days of Database Insights in its standard mode. */
const INSIGHTS_DAYS = 7;

/** Statements that take longer are logged, milliseconds. */
const SLOW_STATEMENT_MS = 1_000;

/** PostgreSQL for transactions, verdicts and the audit trail, with IAM sign-in for all but the migration. */
export class Database extends pulumi.ComponentResource {
  public readonly instance: aws.rds.Instance;

  constructor(
    private readonly name: string,
    private readonly args: DatabaseArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:database:Database', name, {}, opts);

    this.instance = this.createInstance();

    this.registerOutputs({
      endpoint: this.instance.address,
      port: this.instance.port,
      resourceId: this.instance.resourceId,
    });
  }

  /** What a function takes to sign in as a role of the database. */
  signIn(role: DatabaseRole): SignIn {
    const { region, accountId } = this.args;
    const { address, port, resourceId } = this.instance;
    return {
      environment: {
        DATABASE_HOST: address,
        DATABASE_PORT: pulumi.interpolate`${port}`,
        DATABASE_NAME,
        DATABASE_USER: role,
      },
      permission: {
        Sid: 'ConnectToDatabase',
        Effect: 'Allow',
        Action: 'rds-db:connect',
        Resource: pulumi.interpolate`arn:aws:rds-db:${region}:${accountId}:dbuser:${resourceId}/${role}`,
      },
    };
  }

  private createInstance(): aws.rds.Instance {
    const { names, kmsKeyArn, ephemeral } = this.args;
    const monitoring = this.createMonitoringRole();
    const logGroups = this.createLogGroups();
    return new aws.rds.Instance(
      `${this.name}-transactions`,
      {
        identifier: names.of('database'),
        engine: 'postgres',
        engineVersion: this.args.engineMajor,
        autoMinorVersionUpgrade: true,
        allowMajorVersionUpgrade: true, // only ever by the setting
        engineLifecycleSupport: 'open-source-rds-extended-support-disabled',
        instanceClass: this.args.instanceClass,
        multiAz: this.args.multiAz,

        storageType: 'gp3',
        allocatedStorage: this.args.storageGib,
        maxAllocatedStorage: this.args.maxStorageGib,
        storageEncrypted: true,
        kmsKeyId: kmsKeyArn,

        dbName: DATABASE_NAME,
        port: PORTS.postgresql,
        ...this.readCredentials(),
        iamDatabaseAuthenticationEnabled: true,
        caCertIdentifier: 'rds-ca-rsa2048-g1',
        dbSubnetGroupName: this.createSubnetGroup().name,
        vpcSecurityGroupIds: [this.args.securityGroupId],
        publiclyAccessible: false,
        parameterGroupName: this.createParameterGroup().name,

        backupRetentionPeriod: ephemeral ? BACKUP_DAYS.ephemeral : BACKUP_DAYS.kept,
        backupWindow: '17:00-18:00', // 02:00 in Tokyo
        maintenanceWindow: 'sun:18:30-sun:19:30',
        copyTagsToSnapshot: true,
        applyImmediately: true,
        deletionProtection: !ephemeral,
        deleteAutomatedBackups: ephemeral,
        ...this.finalSnapshot(),

        enabledCloudwatchLogsExports: logGroups.map(({ logType }) => logType),
        monitoringInterval: MONITORING_INTERVAL_SECONDS,
        monitoringRoleArn: monitoring.role.arn,
        databaseInsightsMode: 'standard',
        performanceInsightsEnabled: true,
        performanceInsightsKmsKeyId: kmsKeyArn,
        performanceInsightsRetentionPeriod: INSIGHTS_DAYS,
      },
      {
        parent: this,
        protect: !ephemeral,
        dependsOn: [monitoring.attachment, ...logGroups.map(({ logGroup }) => logGroup)],
      },
    );
  }

  /** The master credentials; the data source does not mark them secret, so that is done before anything reads them. */
  private readCredentials() {
    const { secretName } = this.args;
    const version = aws.secretsmanager.getSecretVersionOutput({ secretId: secretName }, { parent: this });
    const credentials = pulumi.secret(version.secretString).apply((text) => parseCredentials(secretName, text));
    return { username: credentials.username, password: credentials.password };
  }

  /** A fixed snapshot name would be taken at the second destroy; this one lives and dies with the instance. */
  private finalSnapshot() {
    if (this.args.ephemeral) return { skipFinalSnapshot: true };
    const id = new random.RandomId(`${this.name}-final-snapshot`, { byteLength: 4 }, { parent: this });
    return {
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: pulumi.interpolate`${this.args.names.of('database')}-final-${id.hex}`,
    };
  }

  private createSubnetGroup(): aws.rds.SubnetGroup {
    const { names, subnetIds } = this.args;
    return new aws.rds.SubnetGroup(
      `${this.name}-subnets`,
      { name: names.of('databaseSubnetGroup'), description: 'Private subnets of the database', subnetIds },
      { parent: this },
    );
  }

  private createParameterGroup(): aws.rds.ParameterGroup {
    const family = `postgres${this.args.engineMajor}`;
    return new aws.rds.ParameterGroup(
      `${this.name}-parameters`,
      {
        name: this.args.names.parameterGroup('database', family),
        family,
        description: `Parameters of the transaction database on ${family}`,
        parameters: [
          { name: 'rds.force_ssl', value: '1', applyMethod: 'pending-reboot' },
          { name: 'log_connections', value: '1' },
          { name: 'log_disconnections', value: '1' },
          { name: 'log_statement', value: 'ddl' },
          { name: 'log_min_duration_statement', value: String(SLOW_STATEMENT_MS) },
          // Values of a statement are payment data, and so are those that the detail of an error quotes.
          { name: 'log_error_verbosity', value: 'terse' },
          { name: 'log_parameter_max_length', value: '0' },
          { name: 'log_parameter_max_length_on_error', value: '0' },
        ],
      },
      { parent: this },
    );
  }

  private createLogGroups() {
    const { names, logs } = this.args;
    const exported = {
      postgresql: names.logGroups.databasePostgresql,
      upgrade: names.logGroups.databaseUpgrade,
      'iam-db-auth-error': names.logGroups.databaseSignInErrors,
    };
    return Object.entries(exported).map(([logType, logGroupName]) => ({
      logType,
      logGroup: createLogGroup(`${this.name}-${logType}`, logGroupName, 'audit', logs, this),
    }));
  }

  private createMonitoringRole() {
    const role = new aws.iam.Role(
      `${this.name}-monitoring`,
      {
        name: this.args.names.of('databaseMonitoringRole'),
        description: "Writes the database's operating system metrics",
        assumeRolePolicy: trustService('monitoring.rds.amazonaws.com', {
          StringEquals: { 'aws:SourceAccount': this.args.accountId },
        }),
      },
      { parent: this },
    );
    const attachment = new aws.iam.RolePolicyAttachment(
      `${this.name}-monitoring`,
      { role: role.name, policyArn: 'arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole' },
      { parent: this },
    );
    return { role, attachment };
  }
}
