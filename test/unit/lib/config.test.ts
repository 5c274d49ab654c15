import { resolve } from 'node:path';
import { loadConfig } from '../../../lib/config';
import { ConfigError } from '../../../lib/settings';
import { type MockOptions, mockPulumi } from '../../helpers/pulumi';

const RULE_SET = resolve(__dirname, '../../../processor/rules/rule-set.json');
const ENVIRONMENT = process.env.ENVIRONMENT_SUFFIX;

beforeEach(() => {
  delete process.env.ENVIRONMENT_SUFFIX;
});
afterAll(() => {
  if (ENVIRONMENT !== undefined) process.env.ENVIRONMENT_SUFFIX = ENVIRONMENT;
});

async function load(config: Record<string, string> = {}, options: MockOptions = {}) {
  await mockPulumi({ ...options, config });
  return loadConfig();
}

async function problems(config: Record<string, string>, options: MockOptions = {}): Promise<readonly string[]> {
  const error = await load(config, options).then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error.problems;
}

describe('without any setting', () => {
  it('everything has its documented default, sized for 1,000 transactions a minute', async () => {
    expect(await load()).toEqual({
      environmentSuffix: 'dev',
      region: 'ap-northeast-1',
      allowedAccountId: undefined,
      ephemeral: false,
      costCenter: 'payments',
      dataClassification: 'confidential',
      networkRange: '10.0.0.0/16',
      zoneCount: 3,
      availabilityZones: [],
      endpointZoneCount: 3,
      publicSubnets: false,
      natGateways: 'none',
      egressFunctions: [],
      peakTransactionsPerMinute: 1_000,
      recordBytes: 1_024,
      streamMode: 'PROVISIONED',
      shardCount: 1,
      streamRetentionHours: 24,
      producerPrincipals: [],
      cacheEngine: 'redis',
      cacheNodeType: 'cache.t4g.small',
      cacheNodeCount: 2,
      databaseClass: 'db.t4g.medium',
      databaseStorageGib: 100,
      databaseMaxStorageGib: 500,
      databaseEngineMajor: '17',
      databaseMultiAz: true,
      dbSecretName: 'rds-credentials-dev',
      dbSecretKeyArn: undefined,
      allowedLatenessMinutes: 60,
      batchSize: 500,
      batchingWindowSeconds: 0,
      parallelizationFactor: 2,
      maxRetryAttempts: 1_000,
      maxRecordAgeSeconds: 21_600,
      processorMemoryMib: 1_024,
      operationsMemoryMib: 2_048,
      ruleSetFile: RULE_SET,
      operatorPrincipals: [],
      approverPrincipals: [],
      archive: true,
      archiveBufferSeconds: 300,
      archiveBufferMib: 64,
      archiveColdDays: 90,
      archiveRetentionDays: 2_557,
      archiveLockDays: 365,
      ingest: 'none',
      ingestRequestsPerSecond: 100,
      ingestDailyQuota: undefined,
      ingestVpcEndpointIds: [],
      ingestWebAclArn: undefined,
      logRetentionDays: 30,
      auditLogRetentionDays: 365,
      fraudWarningPercent: 80,
      auditTrail: 'none',
      alarmEmail: undefined,
      monthlyBudgetUsd: undefined,
    });
  });
});

describe('the environment suffix', () => {
  it('is the setting, then ENVIRONMENT_SUFFIX, then the name of the stack', async () => {
    expect((await load({}, { stack: 'prod' })).environmentSuffix).toBe('prod');
    process.env.ENVIRONMENT_SUFFIX = 'pr-7';
    expect((await load({}, { stack: 'prod' })).environmentSuffix).toBe('pr-7');
    const config = await load({ environmentSuffix: 'stage' }, { stack: 'prod' });
    expect([config.environmentSuffix, config.dbSecretName]).toEqual(['stage', 'rds-credentials-stage']);
  });

  it('is refused before the first resource, wherever it comes from', async () => {
    expect(await problems({}, { stack: 'My_Stack' })).toContain(
      'tap-stack:environmentSuffix (or ENVIRONMENT_SUFFIX, or the stack\'s name) "My_Stack" cannot end a resource name: use lower-case letters, digits and single hyphens between them',
    );
  });
});

describe('the region', () => {
  it('is the setting, then that of the provider', async () => {
    expect((await load({ 'aws:region': 'ap-northeast-3' })).region).toBe('ap-northeast-3');
    expect((await load({ 'aws:region': 'ap-northeast-3', region: 'eu-west-1' })).region).toBe('eu-west-1');
  });
});

describe('values', () => {
  it('are taken over in their types', async () => {
    const config = await load({
      ephemeral: 'true',
      allowedAccountId: '123456789012',
      networkRange: '172.16.0.0/20',
      zoneCount: '2',
      availabilityZones: '["ap-northeast-1a","ap-northeast-1d"]',
      peakTransactionsPerMinute: '180000',
      cacheNodeType: 'cache.r7g.large',
      shardCount: '8',
      producerPrincipals: '["arn:aws:iam::123456789012:role/shop/checkout"]',
      alarmEmail: 'risk@example.jp',
    }).catch((error) => error);
    // 24 hours at 180,000 a minute do not fit; all else is taken
    expect(config.problems).toEqual([expect.stringContaining('tap-stack:cacheNodeType is cache.r7g.large')]);

    const accepted = await load({
      ephemeral: 'true',
      allowedAccountId: '123456789012',
      networkRange: '172.16.0.0/20',
      zoneCount: '2',
      availabilityZones: '["ap-northeast-1a","ap-northeast-1d"]',
      shardCount: '8',
      producerPrincipals: '["arn:aws:iam::123456789012:role/shop/checkout"]',
      alarmEmail: 'risk@example.jp',
    });
    expect(accepted).toMatchObject({
      ephemeral: true,
      allowedAccountId: '123456789012',
      networkRange: '172.16.0.0/20',
      zoneCount: 2,
      availabilityZones: ['ap-northeast-1a', 'ap-northeast-1d'],
      shardCount: 8,
      producerPrincipals: ['arn:aws:iam::123456789012:role/shop/checkout'],
      alarmEmail: 'risk@example.jp',
    });
  });

  it('on demand leave the stream without a shard count', async () => {
    expect((await load({ streamMode: 'ON_DEMAND' })).shardCount).toBeUndefined();
  });
});

const PRINCIPALS =
  "ARNs of IAM roles, users or account roots (arn:aws:iam::123456789012:role/shop), item by item: pulumi config set --path '";

describe('a bad setting is refused with its key, its limit and the fix', () => {
  it.each<[string, string, string | RegExp]>([
    ['region', 'moon-1', 'is "moon-1": set it to a region of the aws partition that offers RDS'],
    ['allowedAccountId', '123', 'is "123": set it to the twelve digits of an AWS account'],
    ['ephemeral', 'yes', 'is "yes": set it to one of true, false'],
    ['costCenter', '', 'is "": set it to 1 to 256 letters, digits, spaces and _ . : / = + - @'],
    ['networkRange', '10.0.0.0/8', 'is "10.0.0.0/8": set it to a private range from /16 to /24, such as 10.0.0.0/16'],
    ['networkRange', '10.0.0.0/25', 'is "10.0.0.0/25": set it to a private range from /16 to /24, such as 10.0.0.0/16'],
    ['networkRange', '8.8.0.0/16', 'is "8.8.0.0/16": set it to a private range from /16 to /24, such as 10.0.0.0/16'],
    ['networkRange', '10.0.0.1/16', 'is "10.0.0.1/16": set it to a private range from /16 to /24, such as 10.0.0.0/16'],
    ['zoneCount', '1', 'is "1": set it to a whole number of zones from 2 to 6'],
    ['zoneCount', '7', 'is "7": set it to a whole number of zones from 2 to 6'],
    ['peakTransactionsPerMinute', '0', 'is "0": set it to a whole number of transactions from 1 to 1000000'],
    ['recordBytes', '1e3', 'is "1e3": set it to a whole number of bytes from 100 to 16384'],
    ['streamMode', 'on-demand', 'is "on-demand": set it to one of PROVISIONED, ON_DEMAND'],
    ['shardCount', '1.5', 'is "1.5": set it to a whole number of shards from 1 to 1000'],
    ['streamRetentionHours', '23', 'is "23": set it to a whole number of hours from 24 to 8760'],
    ['cacheEngine', 'memcached', 'is "memcached": set it to one of redis, valkey'],
    [
      'cacheNodeType',
      'cache.t2.micro',
      'is "cache.t2.micro": set it to one of cache.t4g.micro, cache.t4g.small, cache.t4g.medium, cache.m7g.large, cache.r7g.large, cache.r7g.xlarge, cache.r7g.2xlarge, cache.r7g.4xlarge, cache.r7g.8xlarge, cache.r7g.12xlarge, cache.r7g.16xlarge',
    ],
    [
      'cacheNodeType',
      'cache.t4g.micro',
      'is cache.t4g.micro with 256 MiB for data, and 24 hours and 60 minutes at 1000 transactions a minute need 785 MiB: choose cache.t4g.small',
    ],
    ['endpointZoneCount', '0', 'is "0": set it to a whole number of zones from 1 to 6'],
    ['endpointZoneCount', '4', 'is 4: there are 3 zones'],
    ['natGateways', 'one', 'is "one", and a NAT gateway lies in a public subnet: set publicSubnets'],
    ['natGateways', 'two', 'is "two": set it to one of none, one, perZone'],
    ['egressFunctions', '["publisher"]', 'has no way to the internet: set natGateways, or remove it'],
    [
      'egressFunctions',
      '["cache"]',
      'is ["cache"]: set it to a list of some of processor, operations, publisher, archiver, item by item: pulumi config set --path \'tap-stack:egressFunctions[0]\' ...',
    ],
    ['cacheNodeCount', '0', 'is "0": set it to a whole number of nodes from 1 to 6'],
    ['cacheNodeCount', '1', 'is 1, and losing that node loses every history: set 2 or more, or ephemeral'],
    ['monthlyBudgetUsd', '0', 'is "0": set it to a whole number of USD from 1 to 1000000'],
    [
      'databaseClass',
      'db.t4g.micro',
      'is "db.t4g.micro": set it to an instance class other than a micro, whose memory IAM sign-in takes up, such as db.t4g.medium',
    ],
    ['databaseStorageGib', '19', 'is "19": set it to a whole number of GiB from 20 to 399'],
    ['databaseStorageGib', '400', 'is "400": set it to a whole number of GiB from 20 to 399'],
    ['databaseMaxStorageGib', '109', 'is 109: RDS asks for a tenth more than databaseStorageGib, so at least 110'],
    ['databaseEngineMajor', '17.4', 'is "17.4": set it to one of 16, 17, 18'],
    [
      'dbSecretName',
      'a b',
      'is "a b": set it to the name of a Secrets Manager entry (letters, digits and / _ + = . @ -)',
    ],
    ['dbSecretKeyArn', 'alias/x', 'is "alias/x": set it to the ARN of a KMS key (not of an alias)'],
    ['allowedLatenessMinutes', '1441', 'is "1441": set it to a whole number of minutes from 0 to 1440'],
    ['batchSize', '10001', 'is "10001": set it to a whole number of records from 1 to 10000'],
    ['batchingWindowSeconds', '301', 'is "301": set it to a whole number of seconds from 0 to 300'],
    ['parallelizationFactor', '11', 'is "11": set it to a whole number of batches from 1 to 10'],
    ['maxRetryAttempts', '-1', 'is "-1": set it to a whole number of attempts from 0 to 10000'],
    [
      'maxRecordAgeSeconds',
      '86401',
      'is 86401: the stream forgets a record after 86400, set it lower or raise streamRetentionHours',
    ],
    ['processorMemoryMib', '128', 'is "128": set it to a whole number of MiB from 256 to 10240'],
    ['archive', 'off', 'is "off": set it to one of true, false'],
    ['archiveBufferSeconds', '59', 'is "59": set it to a whole number of seconds from 60 to 900'],
    ['archiveBufferMib', '63', 'is "63": set it to a whole number of MiB from 64 to 128'],
    ['archiveColdDays', '0', 'is "0": set it to a whole number of days from 1 to 3650'],
    ['archiveColdDays', '2558', 'is 2558: objects expire after 2557, set it lower or raise archiveRetentionDays'],
    ['archiveRetentionDays', '89', 'is "89": set it to a whole number of days from 90 to 36500'],
    ['archiveLockDays', '2558', 'is 2558: objects expire after 2557, set it lower or raise archiveRetentionDays'],
    ['ingest', 'internal', 'is "internal": set it to one of none, private, public'],
    ['ingestRequestsPerSecond', '10001', 'is "10001": set it to a whole number of requests from 1 to 10000'],
    ['ingestDailyQuota', '0', 'is "0": set it to a whole number of requests from 1 to 1000000000'],
    [
      'ingestVpcEndpointIds',
      '["vpce-0123456789abcdef0"]',
      'has no meaning without ingest private: remove it or set that',
    ],
    [
      'ingestVpcEndpointIds',
      '["vpc-1"]',
      /^tap-stack:ingestVpcEndpointIds is \["vpc-1"\]: set it to a list of ids of /,
    ],
    [
      'ingestWebAclArn',
      'arn:aws:wafv2:ap-northeast-1:123456789012:regional/webacl/shop/a1b2c3',
      'has no meaning without ingest public: remove it or set that',
    ],
    ['ingestWebAclArn', 'shop', 'is "shop": set it to the ARN of a regional web ACL of AWS WAF'],
    ['logRetentionDays', '31', /^tap-stack:logRetentionDays is 31: CloudWatch Logs keeps for 1, 3, 5, .* 3653 days$/],
    ['auditLogRetentionDays', '180', 'is "180": set it to a whole number of days from 365 to 3653'],
    ['alarmEmail', 'risk', 'is "risk": set it to one e-mail address'],
    ['producerPrincipals', '["*"]', `is ["*"]: set it to a list of ${PRINCIPALS}tap-stack:producerPrincipals[0]' ...`],
    ['operatorPrincipals', 'me', `is me: set it to a list of ${PRINCIPALS}tap-stack:operatorPrincipals[0]' ...`],
    ['availabilityZones', '["ap-northeast-1a"]', 'must name 3 distinct zones, or change zoneCount'],
    [
      'availabilityZones',
      '["ap-northeast-1a","ap-northeast-1a","ap-northeast-1c"]',
      'must name 3 distinct zones, or change zoneCount',
    ],
    ['ruleSetFile', '/no/such.json', 'is /no/such.json, which is no readable JSON: set it to a rule-set file'],
    ['batchsize', '5', /^tap-stack:batchsize is not a setting: remove it, or use one of .*batchSize, .*zoneCount$/],
  ])('%s = %s', async (key, value, problem) => {
    const expected = typeof problem === 'string' ? `tap-stack:${key} ${problem}` : expect.stringMatching(problem);
    expect(await problems({ [key]: value })).toEqual([expected]);
  });

  it('shards stated on demand', async () => {
    expect(await problems({ streamMode: 'ON_DEMAND', shardCount: '4' })).toEqual([
      'tap-stack:shardCount has no meaning with streamMode ON_DEMAND: remove one of the two',
    ]);
  });

  it('a history longer than the cache holds', async () => {
    expect(await problems({ allowedLatenessMinutes: '1440' })).toEqual([
      'tap-stack:cacheNodeType is cache.t4g.small with 982 MiB for data, and 24 hours and 1440 minutes at 1000 transactions a minute need 1503 MiB: choose cache.t4g.medium',
    ]);
  });

  it('more NAT gateways than an account has addresses', async () => {
    const natGateways = { zoneCount: '6', publicSubnets: 'true', natGateways: 'perZone' };
    expect(await problems(natGateways)).toEqual([
      'tap-stack:natGateways is "perZone" in 6 zones, and AWS gives an account 5 addresses: set it to one, or lower zoneCount',
    ]);
  });

  it('an approver who is an operator as well', async () => {
    const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
    const operatorPrincipals = JSON.stringify([role('analyst'), role('lead')]);
    expect(
      await problems({ operatorPrincipals, approverPrincipals: JSON.stringify([role('head'), role('lead')]) }),
    ).toEqual([
      'tap-stack:approverPrincipals names arn:aws:iam::123456789012:role/lead, which is one of operatorPrincipals: approval takes another',
    ]);
  });

  it('one that is encrypted, for its value would reach the state in clear text', async () => {
    expect(await problems({ alarmEmail: 'risk@example.jp' }, { secretKeys: ['alarmEmail'] })).toEqual([
      'tap-stack:alarmEmail is encrypted, and no setting stays secret in the state: set it again without --secret',
    ]);
  });

  it('and all of them at once', async () => {
    const error = await load({ batchSize: '0', zoneCount: 'three' }).catch((thrown) => thrown);
    expect(error.name).toBe('ConfigError');
    expect(error.message).toBe(
      "the stack's configuration cannot be deployed:\n" +
        '  - tap-stack:zoneCount is "three": set it to a whole number of zones from 2 to 6\n' +
        '  - tap-stack:batchSize is "0": set it to a whole number of records from 1 to 10000',
    );
  });
});
