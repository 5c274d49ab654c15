import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import { PORTS } from './flows';
import type { SignIn } from './function';
import { createLogGroup, type LogSettings } from './log-group';
import type { NameKey, Names } from './naming';
import { reservedMemoryPercent } from './sizing';

export interface CacheArgs {
  names: Names;
  engine: 'redis' | 'valkey';
  /** Node type, one of `CACHE_NODE_TYPES`. */
  nodeType: string;
  /** Nodes: one primary and its replicas, if any. */
  nodeCount: number;
  /** ARN of the key that encrypts data at rest. */
  kmsKeyArn: pulumi.Input<string>;
  subnetIds: pulumi.Input<string>[];
  securityGroupId: pulumi.Input<string>;
  logs: LogSettings;
  /** Whether the cache may be deleted. */
  ephemeral: boolean;
}

/** Version to write, as ElastiCache writes it, and the parameter group family it belongs to. */
const ENGINES = {
  redis: { version: '7.1', family: 'redis7' },
  valkey: { version: '8.1', family: 'valkey8' },
} as const;

/**
 * What the functions may do: the commands their histories take, on their keys. Written as ElastiCache gives it back, or
 * it would differ for ever; `eval` needs every command that the script calls as well.
 */
const HISTORY_ACCESS = 'on ~history:* -@all +get +mget +getrange +set +eval +info';

/** The functions that sign in, each as a user of its own. */
const USERS = { processor: 'cacheProcessorUser', operations: 'cacheOperatorUser' } as const satisfies Record<
  string,
  NameKey
>;

/** What the user `default`, which a Redis user group must hold, may do: nothing, for it is off. */
const DEFAULT_ACCESS = 'off ~keys* -@all +get';

/**
 * The 24-hour histories: a replication group with cluster mode off, so that a transaction's keys are all on one node, in
 * which the functions sign in through IAM and nobody has a password.
 */
export class Cache extends pulumi.ComponentResource {
  public readonly replicationGroup: aws.elasticache.ReplicationGroup;
  public readonly users: Record<keyof typeof USERS, aws.elasticache.User>;
  /** The nodes, by the cluster ids that ElastiCache derives from the group's. */
  public readonly nodeIds: pulumi.Output<string>[];

  constructor(
    private readonly name: string,
    private readonly args: CacheArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:cache:Cache', name, {}, opts);

    this.users = { processor: this.createUser('processor'), operations: this.createUser('operations') };
    this.replicationGroup = this.createReplicationGroup(this.createUserGroup());

    this.nodeIds = Array.from(
      { length: args.nodeCount },
      (_, index) => pulumi.interpolate`${this.replicationGroup.replicationGroupId}-00${index + 1}`,
    );

    this.registerOutputs({
      endpoint: this.replicationGroup.primaryEndpointAddress,
      replicationGroupId: this.replicationGroup.replicationGroupId,
    });
  }

  /** What a function takes to sign in as its user. */
  signIn(member: keyof typeof USERS): SignIn {
    const user = this.users[member];
    return {
      environment: {
        REDIS_HOST: this.replicationGroup.primaryEndpointAddress,
        REDIS_PORT: pulumi.interpolate`${this.replicationGroup.port}`,
        REDIS_USER: user.userId,
        REDIS_REPLICATION_GROUP: this.replicationGroup.replicationGroupId,
      },
      permission: {
        Sid: 'ConnectToCache',
        Effect: 'Allow',
        Action: 'elasticache:Connect',
        Resource: [this.replicationGroup.arn, user.arn],
      },
    };
  }

  private createUser(member: keyof typeof USERS): aws.elasticache.User {
    const { names, engine } = this.args;
    const userId = names.of(USERS[member]);
    return new aws.elasticache.User(
      `${this.name}-${member}`,
      {
        userId,
        userName: userId, // IAM sign-in wants the two equal
        engine,
        accessString: HISTORY_ACCESS,
        authenticationMode: { type: 'iam' },
      },
      { parent: this, deleteBeforeReplace: true },
    );
  }

  private createUserGroup(): aws.elasticache.UserGroup {
    const { names, engine } = this.args;
    const own = Object.values(this.users);
    const users = engine === 'redis' ? [this.createDefaultUser(), ...own] : own;
    return new aws.elasticache.UserGroup(
      `${this.name}-users`,
      { userGroupId: names.of('cacheUserGroup'), engine, userIds: users.map((user) => user.userId) },
      { parent: this },
    );
  }

  /** A Redis user group must hold a user named `default`, and that user a password: nobody ever reads this one. */
  private createDefaultUser(): aws.elasticache.User {
    const password = new random.RandomPassword(
      `${this.name}-default`,
      { length: 64, special: false },
      { parent: this },
    );
    return new aws.elasticache.User(
      `${this.name}-default`,
      {
        userId: this.args.names.of('cacheDefaultUser'),
        userName: 'default',
        engine: 'redis',
        accessString: DEFAULT_ACCESS,
        authenticationMode: { type: 'password', passwords: [password.result] },
      },
      { parent: this, deleteBeforeReplace: true },
    );
  }

  private createReplicationGroup(userGroup: aws.elasticache.UserGroup): aws.elasticache.ReplicationGroup {
    const { names, engine, nodeType, nodeCount, kmsKeyArn, subnetIds, securityGroupId, ephemeral } = this.args;
    const subnetGroup = new aws.elasticache.SubnetGroup(
      `${this.name}-subnets`,
      { name: names.of('cacheSubnetGroup'), description: 'Private subnets of the cache', subnetIds },
      { parent: this },
    );
    return new aws.elasticache.ReplicationGroup(
      `${this.name}-history`,
      {
        replicationGroupId: names.of('cache'),
        description: '24-hour transaction histories',
        engine,
        engineVersion: ENGINES[engine].version,
        nodeType,
        numCacheClusters: nodeCount,
        multiAzEnabled: nodeCount > 1,
        automaticFailoverEnabled: nodeCount > 1,
        port: PORTS.redis,
        subnetGroupName: subnetGroup.name,
        securityGroupIds: [securityGroupId],
        parameterGroupName: this.createParameterGroup().name,
        atRestEncryptionEnabled: true,
        kmsKeyId: kmsKeyArn,
        transitEncryptionEnabled: true,
        transitEncryptionMode: 'required',
        userGroupIds: [userGroup.userGroupId],
        autoMinorVersionUpgrade: true,
        maintenanceWindow: 'sun:18:30-sun:19:30', // Monday 03:30 in Tokyo
        snapshotRetentionLimit: ephemeral ? 0 : 1,
        snapshotWindow: '17:00-18:00',
        applyImmediately: true,
        logDeliveryConfigurations: this.createLogDeliveries(),
      },
      { parent: this, protect: !ephemeral },
    );
  }

  private createParameterGroup(): aws.elasticache.ParameterGroup {
    const { names, engine, nodeType } = this.args;
    const { family } = ENGINES[engine];
    return new aws.elasticache.ParameterGroup(
      `${this.name}-parameters`,
      {
        name: names.parameterGroup('cache', family),
        family,
        description: `Parameters of the transaction histories on ${family}`,
        parameters: [
          // Evicting would lose history without a failed write; a full cache has to say so instead.
          { name: 'maxmemory-policy', value: 'noeviction' },
          { name: 'reserved-memory-percent', value: String(reservedMemoryPercent(nodeType)) },
        ],
      },
      { parent: this },
    );
  }

  private createLogDeliveries() {
    const { names, logs } = this.args;
    const groups = { 'slow-log': names.logGroups.cacheSlowLog, 'engine-log': names.logGroups.cacheEngineLog };
    return Object.entries(groups).map(([logType, logGroupName]) => ({
      logType,
      logFormat: 'json',
      destinationType: 'cloudwatch-logs',
      destination: createLogGroup(`${this.name}-${logType}`, logGroupName, 'operational', logs, this).name,
    }));
  }
}
