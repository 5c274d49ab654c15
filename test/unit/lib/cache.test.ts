import { promiseOf, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const GROUP = 'aws:elasticache/replicationGroup:ReplicationGroup';
const USER = 'aws:elasticache/user:User';
const USER_GROUP = 'aws:elasticache/userGroup:UserGroup';
const PARAMETERS = 'aws:elasticache/parameterGroup:ParameterGroup';
const ACCESS = 'on ~history:* -@all +get +mget +getrange +set +eval +info';

describe('Cache', () => {
  let stack: Awaited<ReturnType<typeof evaluateStack>>;
  beforeAll(async () => {
    stack = await evaluateStack({ config: { ephemeral: 'true' } });
  });

  it('is a replication group in several zones, encrypted at rest and in transit, with cluster mode off', () => {
    const group = stack.find(GROUP);
    expect(group.inputs).toEqual({
      replicationGroupId: 'redis-history-dev',
      description: '24-hour transaction histories',
      engine: 'redis',
      engineVersion: '7.1',
      nodeType: 'cache.t4g.small',
      numCacheClusters: 2,
      multiAzEnabled: true,
      automaticFailoverEnabled: true,
      port: 6379,
      subnetGroupName: 'redis-subnets-dev',
      securityGroupIds: ['tap-network-cache-id'],
      parameterGroupName: 'redis-history-redis7-dev',
      atRestEncryptionEnabled: true,
      kmsKeyId: 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data',
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      userGroupIds: ['redis-users-dev'],
      autoMinorVersionUpgrade: true,
      maintenanceWindow: 'sun:18:30-sun:19:30',
      snapshotRetentionLimit: 0,
      snapshotWindow: '17:00-18:00',
      applyImmediately: true,
      logDeliveryConfigurations: ['slow-log', 'engine-log'].map((logType) => ({
        logType,
        logFormat: 'json',
        destinationType: 'cloudwatch-logs',
        destination: `/aws/elasticache/redis-history-dev/${logType}`,
      })),
    });
    expect(group.protect).toBe(false);
  });

  it('offers the primary endpoint, for the configuration endpoint is empty with cluster mode off', async () => {
    expect(await promiseOf(stack.stackOutputs.redisEndpoint)).toBe(
      'master.redis-history-dev.abc123.apne1.cache.amazonaws.com',
    );
  });

  it('refuses writes when full instead of evicting history', () => {
    expect(stack.find(PARAMETERS).inputs).toEqual({
      name: 'redis-history-redis7-dev',
      family: 'redis7',
      description: 'Parameters of the transaction histories on redis7',
      parameters: [
        { name: 'maxmemory-policy', value: 'noeviction' },
        { name: 'reserved-memory-percent', value: '30' },
      ],
    });
  });

  it.each([
    ['processor', 'redis-processor-dev'],
    ['operations', 'redis-operator-dev'],
  ])('signs %s in through IAM as %s, for the keys and commands of histories only', (member, userId) => {
    const user = stack.find(USER, `tap-cache-${member}`);
    expect(user.inputs).toEqual({
      userId,
      userName: userId,
      engine: 'redis',
      accessString: ACCESS,
      authenticationMode: { type: 'iam' },
    });
    expect(user.deleteBeforeReplace).toBe(true);
  });

  it('switches the user default off, with a password that stays secret', () => {
    const user = stack.find(USER, 'tap-cache-default');
    expect(user.inputs).toEqual({
      userId: 'redis-default-dev',
      userName: 'default',
      engine: 'redis',
      accessString: 'off ~keys* -@all +get',
      authenticationMode: { type: 'password', passwords: ['generated-and-never-read'] },
    });
    expect(user.secretInputs).toEqual(['authenticationMode']);
    expect(user.deleteBeforeReplace).toBe(true);
    expect(stack.find('random:index/randomPassword:RandomPassword').inputs).toEqual({ length: 64, special: false });
    expect(stack.find(USER_GROUP).inputs).toEqual({
      userGroupId: 'redis-users-dev',
      engine: 'redis',
      userIds: ['redis-default-dev', 'redis-processor-dev', 'redis-operator-dev'],
    });
  });

  it('never sets an authentication token, which excludes user groups', () => {
    expect(stack.find(GROUP).inputs).not.toHaveProperty('authToken');
  });
});

describe('Cache on Valkey, kept', () => {
  let stack: Recording;
  beforeAll(async () => {
    stack = await evaluateStack({
      config: { cacheEngine: 'valkey', cacheNodeType: 'cache.t4g.medium', cacheNodeCount: '3' },
    });
  });

  it('states the version, and keeps a backup and the group', () => {
    const { inputs, protect } = stack.find(GROUP);
    expect(inputs).toMatchObject({
      engine: 'valkey',
      engineVersion: '8.1',
      nodeType: 'cache.t4g.medium',
      numCacheClusters: 3,
      parameterGroupName: 'redis-history-valkey8-dev',
      transitEncryptionEnabled: true,
      snapshotRetentionLimit: 1,
    });
    expect(protect).toBe(true);
    expect(stack.find(PARAMETERS).inputs).toMatchObject({
      family: 'valkey8',
      parameters: [
        { name: 'maxmemory-policy', value: 'noeviction' },
        { name: 'reserved-memory-percent', value: '25' },
      ],
    });
  });

  it('needs no user default, and so no password', () => {
    expect(stack.ofType(USER).map(({ inputs }) => inputs.engine)).toEqual(['valkey', 'valkey']);
    expect(stack.find(USER_GROUP).inputs).toEqual({
      userGroupId: 'redis-users-dev',
      engine: 'valkey',
      userIds: ['redis-processor-dev', 'redis-operator-dev'],
    });
    expect(stack.ofType('random:index/randomPassword:RandomPassword')).toEqual([]);
  });
});
