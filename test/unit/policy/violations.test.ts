import { POLICIES } from '../../../policy/all';
import { type Resource, UNKNOWN } from '../../../policy/policy';
import { environment, violationsOf } from '../../helpers/graph';

let graph: Resource[];
beforeAll(async () => {
  graph = (await environment('prod')).filter(({ type }) => type.startsWith('aws:'));
});

type Change = (resources: Resource[]) => void;

/** Sets what stands at a path of one resource, by the part of its type behind the last colon and its logical name. */
const set =
  (kind: string, name: string, path: string, value: unknown): Change =>
  (resources) => {
    const keys = path.split('.');
    const last = keys.pop() as string;
    // biome-ignore lint/suspicious/noExplicitAny: properties of any resource type
    const holder = keys.reduce<any>((value, key) => value[key], find(resources, kind, name));
    holder[last] = value;
  };

/** Changes one statement of a policy, by its `Sid` or number. */
const statement =
  (kind: string, name: string, which: string | number, change: object, property = 'policy'): Change =>
  (resources) => {
    const { properties } = find(resources, kind, name);
    const document = JSON.parse(properties[property]);
    const found = document.Statement.find(({ Sid }: { Sid?: string }, index: number) => which === (Sid ?? index));
    Object.assign(found, change);
    properties[property] = JSON.stringify(document);
  };

const remove =
  (kind: string, name: string): Change =>
  (resources) => {
    resources.splice(resources.indexOf(find(resources, kind, name)), 1);
  };

const add =
  (type: string, properties: object): Change =>
  (resources) => {
    const { defaultTags } = find(resources, 'Vpc', 'tap-network-vpc');
    resources.push({
      urn: `urn:${type}::tap-new`,
      type,
      name: 'tap-new',
      properties,
      protect: false,
      defaultTags,
      references: {},
    });
  };

function find(resources: Resource[], kind: string, name: string): Resource {
  const found = resources.filter(
    ({ type, name: logical }) => type.startsWith('aws:') && type.endsWith(`:${kind}`) && logical === name,
  );
  if (found.length !== 1) throw new Error(`${found.length} resources ${kind} ${name}, not 1`);
  return found[0] as Resource;
}

function after(...changes: Change[]): string[] {
  const copy = graph.map(
    ({ urn, type, name, properties, protect, defaultTags, references }): Resource =>
      structuredClone({ urn, type, name, properties: data(properties), protect, defaultTags, references }),
  );
  for (const change of changes) change(copy);
  return violationsOf(POLICIES, copy);
}

/** Without the archives of functions, which cannot be copied and which no policy looks at. */
const data = ({ code: _, ...properties }: Resource['properties']) => properties;

const FOREIGN = 'arn:aws:kms:ap-northeast-1:123456789012:key/of-someone-else';
const ENCRYPTION = 'BucketServerSideEncryptionConfiguration';
const BY_DEFAULT = 'properties.rules.0.applyServerSideEncryptionByDefault';

const CASES: [what: string, change: Change, messages: string[]][] = [
  [
    'a stream under a foreign key',
    set('Stream', 'tap-stream-transactions', 'properties.kmsKeyId', FOREIGN),
    [`stores-encrypted, tap-stream-transactions: kmsKeyId is ${FOREIGN}: encrypt it with the stack's data key`],
  ],
  [
    'logs under the key of payment data',
    (resources) => {
      const { arn } = find(resources, 'Key', 'tap-kms-data').properties;
      set('LogGroup', 'tap-network-flow-logs', 'properties.kmsKeyId', arn)(resources);
    },
    [
      "stores-encrypted, tap-network-flow-logs: kmsKeyId is arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data: encrypt it with the stack's monitoring key",
    ],
  ],
  [
    'a bucket under S3’s own key',
    (resources) => {
      set(ENCRYPTION, 'tap-archive-bucket', `${BY_DEFAULT}`, { sseAlgorithm: 'AES256' })(resources);
    },
    [
      'stores-encrypted, tap-archive-bucket: rules.0.applyServerSideEncryptionByDefault.sseAlgorithm is AES256: set it to aws:kms',
      "stores-encrypted, tap-archive-bucket: rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId is not set: encrypt it with the stack's data key",
    ],
  ],
  [
    'a database that is not encrypted',
    set('Instance', 'tap-database-transactions', 'properties.storageEncrypted', false),
    ['stores-encrypted, tap-database-transactions: storageEncrypted is false: set it to true'],
  ],
  [
    'a key that is to be of another resource once that is known',
    (resources) => {
      set('Stream', 'tap-stream-transactions', 'properties.kmsKeyId', UNKNOWN)(resources);
      const { urn } = find(resources, 'Key', 'tap-kms-monitoring');
      set('Stream', 'tap-stream-transactions', 'references.kmsKeyId', [urn])(resources);
    },
    ["stores-encrypted, tap-stream-transactions: kmsKeyId is not of that key: encrypt it with the stack's data key"],
  ],
  [
    'a type that nobody has looked at',
    add('aws:dynamodb/table:Table', { name: 'dynamodb-cases-dev' }),
    [
      'known-resource-types, tap-new: type is aws:dynamodb/table:Table: say in policy/encryption.ts under which key it keeps data, or in policy/resource-types.ts that it keeps none',
    ],
  ],
  [
    'a key without rotation and with a short window',
    (resources) => {
      set('Key', 'tap-kms-data', 'properties.enableKeyRotation', false)(resources);
      set('Key', 'tap-kms-data', 'properties.deletionWindowInDays', undefined)(resources);
    },
    [
      'keys-rotated, tap-kms-data: enableKeyRotation is false: set it to true',
      'keys-rotated, tap-kms-data: deletionWindowInDays is not set: set it to 7 or more',
    ],
  ],
  [
    'keys that nobody watches',
    remove('EventRule', 'tap-monitoring-keys'),
    ['tap-kms-data', 'tap-kms-monitoring'].map(
      (key) => `key-events-told, ${key}: EventRule is not set: watch it by a rule of EventBridge`,
    ),
  ],
  [
    'a cache that also takes plaintext',
    set('ReplicationGroup', 'tap-cache-history', 'properties.transitEncryptionMode', 'preferred'),
    ['stores-over-tls, tap-cache-history: transitEncryptionMode is preferred: set it to required'],
  ],
  [
    'a database that does not force TLS',
    set('ParameterGroup', 'tap-database-parameters', 'properties.parameters.0.value', '0'),
    ['stores-over-tls, tap-database-parameters: parameters is without rds.force_ssl=1: set rds.force_ssl to 1'],
  ],
  [
    'a bucket that denies plaintext to one principal only',
    statement('BucketPolicy', 'tap-archive-bucket', 'TlsOnly', {
      Principal: { AWS: 'arn:aws:iam::123456789012:root' },
    }),
    [
      'policies-refuse-plaintext, tap-archive-bucket: policy is without a denial of plaintext: deny s3:* where aws:SecureTransport is false',
    ],
  ],
  [
    'a topic that takes plaintext',
    statement('Topic', 'tap-monitoring-alarms', 'TlsOnly', { Action: 'sns:Subscribe' }),
    [
      'policies-refuse-plaintext, tap-monitoring-alarms: policy is without a denial of plaintext: deny sns:Publish where aws:SecureTransport is false',
    ],
  ],
  [
    'a public database',
    set('Instance', 'tap-database-transactions', 'properties.publiclyAccessible', true),
    ['nothing-public, tap-database-transactions: publiclyAccessible is true: set it to false'],
  ],
  [
    'a subnet that gives public addresses',
    set('Subnet', 'tap-network-private-1', 'properties.mapPublicIpOnLaunch', true),
    ['nothing-public, tap-network-private-1: mapPublicIpOnLaunch is true: give no public addresses'],
  ],
  [
    'an internet gateway, and a private subnet that it leads to',
    (resources) => {
      const gateway = 'aws:ec2/internetGateway:InternetGateway';
      add(gateway, {})(resources);
      add('aws:ec2/route:Route', {})(resources);
      const route = resources.at(-1) as Resource;
      const { routeTableId } = find(resources, 'RouteTableAssociation', 'tap-network-private-1').references;
      route.references = { gatewayId: [`urn:${gateway}::tap-new`], routeTableId: routeTableId ?? [] };
    },
    [
      'nothing-public, tap-new: type is aws:ec2/internetGateway:InternetGateway: leave the VPC without a way to the internet',
      ...['cache-subnets', 'database-subnets', 'alerts-sns', 'network-secretsmanager'].map(
        (name) => `private-subnets-only, tap-${name}: subnetIds is a public subnet: put it into private subnets`,
      ),
      ...['processor-stream', 'processor-operations', 'alerts-publisher', 'archive-archiver'].map(
        (name) =>
          `private-subnets-only, tap-${name}-function: vpcConfig is a public subnet: put it into private subnets`,
      ),
    ],
  ],
  [
    'a rule for an address range and all ports',
    (resources) => {
      const rule = 'tap-network-processor-to-cache-ingress';
      set('SecurityGroupIngressRule', rule, 'properties.cidrIpv4', '0.0.0.0/0')(resources);
      set('SecurityGroupIngressRule', rule, 'properties.ipProtocol', '-1')(resources);
      set('SecurityGroupIngressRule', rule, 'properties.toPort', 65535)(resources);
    },
    [
      'rules-between-groups, tap-network-processor-to-cache-ingress: counterpart is 0.0.0.0/0: refer to a security group',
      'rules-between-groups, tap-network-processor-to-cache-ingress: ipProtocol is -1: set it to tcp',
      'rules-between-groups, tap-network-processor-to-cache-ingress: fromPort to toPort is [6379,65535]: open one port',
    ],
  ],
  [
    'a rule in the default group',
    set('DefaultSecurityGroup', 'tap-network-default', 'properties.egress', [{ protocol: '-1' }]),
    [
      'rules-between-groups, tap-network-default: egress is [{"protocol":"-1"}]: write every rule as a resource of its own',
    ],
  ],
  [
    'a topic for everybody',
    statement('Topic', 'tap-monitoring-alarms', 'EventsPublish', { Principal: '*' }),
    [
      'no-public-principals, tap-monitoring-alarms: EventsPublish: Principal is *: name who may, or bind it to an account by a condition',
    ],
  ],
  [
    'a role for everybody',
    statement('Role', 'tap-stream-producer', 0, { Principal: { AWS: '*' } }, 'assumeRolePolicy'),
    [
      'no-public-principals, tap-stream-producer: assumeRolePolicy: Principal is AWS *: name who may, or bind it to an account by a condition',
    ],
  ],
  [
    'a service that comes for any account',
    statement('Topic', 'tap-monitoring-alarms', 'AlarmsPublish', { Condition: undefined }),
    [
      'services-bound, tap-monitoring-alarms: AlarmsPublish: Principal is cloudwatch.amazonaws.com for any account: add aws:SourceAccount or aws:SourceArn',
    ],
  ],
  [
    'a permission to invoke without a source',
    (resources) => {
      set('Permission', 'tap-alerts-publish', 'properties.sourceArn', undefined)(resources);
      set('Permission', 'tap-alerts-publish', 'references', {})(resources);
    },
    ['services-bound, tap-alerts-publish: sourceArn is not set: name the rule that may invoke'],
  ],
  [
    'a bucket without its block of public access',
    remove('BucketPublicAccessBlock', 'tap-archive-bucket'),
    ['buckets-closed, tap-archive-bucket: BucketPublicAccessBlock is 0: give the bucket exactly one'],
  ],
  [
    'a bucket whose block has a hole, and that keeps no versions',
    (resources) => {
      set('BucketPublicAccessBlock', 'tap-access-logs', 'properties.blockPublicPolicy', false)(resources);
      set('BucketVersioning', 'tap-access-logs', 'properties.versioningConfiguration.status', 'Suspended')(resources);
    },
    [
      'buckets-closed, tap-access-logs: blockPublicPolicy is false: set it to true',
      'buckets-closed, tap-access-logs: versioningConfiguration.status is Suspended: set it to Enabled',
    ],
  ],
  [
    'a bucket that keeps everything for ever',
    remove('BucketLifecycleConfiguration', 'tap-archive-bucket'),
    [
      'buckets-closed, tap-archive-bucket: BucketLifecycleConfiguration is 0: say when its objects expire, or let destroy empty it',
    ],
  ],
  [
    'an action that is any',
    statement('RolePolicy', 'tap-stream-producer', 'PutTransactions', { Action: 'kinesis:*' }),
    ['no-wildcard-actions, tap-stream-producer: PutTransactions: Action is kinesis:*: list the actions'],
  ],
  [
    'all actions but some',
    statement('RolePolicy', 'tap-stream-producer', 'PutTransactions', {
      Action: undefined,
      NotAction: 'kinesis:DeleteStream',
    }),
    ['no-wildcard-actions, tap-stream-producer: PutTransactions: Action is all but some: list the actions'],
  ],
  [
    'a resource that is any',
    statement('RolePolicy', 'tap-stream-producer', 'PutTransactions', {
      Resource: 'arn:aws:kinesis:*:123456789012:stream/*',
    }),
    [
      'no-wildcard-resources, tap-stream-producer: PutTransactions: Resource is kinesis:PutRecord, kinesis:PutRecords on arn:aws:kinesis:*:123456789012:stream/*: name the resources',
    ],
  ],
  [
    'more than an exception is for',
    statement('RolePolicy', 'tap-alerts-publisher-policy', 'AttachToVpc', { Action: ['ec2:DeleteVpc'] }),
    [
      'no-wildcard-resources, tap-alerts-publisher-policy: AttachToVpc: Resource is ec2:DeleteVpc on *: name the resources',
    ],
  ],
  [
    'a managed policy',
    set(
      'RolePolicyAttachment',
      'tap-database-monitoring',
      'properties.policyArn',
      'arn:aws:iam::aws:policy/ReadOnlyAccess',
    ),
    [
      "no-managed-policies, tap-database-monitoring: policyArn is arn:aws:iam::aws:policy/ReadOnlyAccess: write the role's policy out",
    ],
  ],
  [
    'passwords in place of IAM',
    (resources) => {
      set('Instance', 'tap-database-transactions', 'properties.iamDatabaseAuthenticationEnabled', false)(resources);
      set('ReplicationGroup', 'tap-cache-history', 'properties.authToken', 'hidden')(resources);
      set('User', 'tap-cache-processor', 'properties.authenticationMode.type', 'password')(resources);
    },
    [
      'iam-sign-in, tap-cache-processor: authenticationMode.type is password: let it sign in through IAM, or switch it off',
      'iam-sign-in, tap-cache-history: authToken is set: leave it out: users sign in through IAM',
      'iam-sign-in, tap-database-transactions: iamDatabaseAuthenticationEnabled is false: set it to true',
    ],
  ],
  [
    'a user of the cache that may do anything',
    set('User', 'tap-cache-processor', 'properties.accessString', 'on ~* +@all'),
    [
      'cache-access-listed, tap-cache-processor: accessString is on ~* +@all: begin with -@all, and add commands and keys one by one',
    ],
  ],
  [
    'a secret in a variable',
    set('Function', 'tap-alerts-publisher-function', 'properties.environment.variables', {
      DATABASE_PASSWORD: 'x',
      DATABASE_SECRET_ARN: 'y',
    }),
    [
      'no-secret-variables, tap-alerts-publisher-function: environment.variables is ["DATABASE_PASSWORD","DATABASE_SECRET_ARN"]: read secrets where they are kept',
    ],
  ],
  [
    'a name of another environment',
    set('Function', 'tap-alerts-publisher-function', 'properties.name', 'lambda-publisher-staging'),
    [
      'names-tell-the-environment, tap-alerts-publisher-function: name is lambda-publisher-staging: name it lambda-purpose-dev',
    ],
  ],
  [
    'a resource of no provider of the stack’s',
    set('Topic', 'tap-alerts-topic', 'defaultTags', undefined),
    [
      'names-tell-the-environment, tap-alerts-topic: name is sns-alerts-dev.fifo: name it sns-purpose-not set',
      'everything-tagged, tap-alerts-topic: default tags is none: let a provider with the tags Project, Environment, ManagedBy, CostCenter, DataClassification make it',
    ],
  ],
  [
    'audit events that expire early, and logs that never do',
    (resources) => {
      set('LogGroup', 'tap-network-flow-logs', 'properties.retentionInDays', 30)(resources);
      set('LogGroup', 'tap-cache-slow-log', 'properties.retentionInDays', undefined)(resources);
    },
    [
      'logs-kept, tap-network-flow-logs: retentionInDays is 30: set it to 365 or more',
      'logs-kept, tap-cache-slow-log: retentionInDays is not set: set it to 1 or more',
    ],
  ],
  [
    'a day of backups for a database that is kept',
    (resources) => {
      set('Instance', 'tap-database-transactions', 'properties.backupRetentionPeriod', 1)(resources);
      set('Stream', 'tap-stream-transactions', 'properties.retentionPeriod', 12)(resources);
    },
    [
      'data-kept, tap-stream-transactions: retentionPeriod is 12: set it to 24 or more',
      'data-kept, tap-database-transactions: backupRetentionPeriod is 1: set it to 7 or more',
    ],
  ],
  [
    'access logs for a month',
    set('BucketLifecycleConfiguration', 'tap-access-logs', 'properties.rules.0.expiration.days', 30),
    ['objects-expire, tap-access-logs: rules.0.expiration.days is 30: set it to 365 or more'],
  ],
  [
    'a bucket whose accesses nobody sees',
    remove('BucketLogging', 'tap-archive-bucket'),
    ['buckets-log-access, tap-archive-bucket: BucketLogging is not set: log its accesses in the bucket for that'],
  ],
  [
    'flow logs of refused traffic only',
    set('FlowLog', 'tap-network-vpc', 'properties.trafficType', 'REJECT'),
    ['network-logged, tap-network-vpc: trafficType is REJECT: set it to ALL'],
  ],
  [
    'a network without flow logs',
    remove('FlowLog', 'tap-network-vpc'),
    ['network-logged, tap-network-vpc: FlowLog is 0: log its traffic'],
  ],
  [
    'a function that logs elsewhere',
    set('Function', 'tap-alerts-publisher-function', 'properties.loggingConfig.logGroup', '/somewhere/else'),
    [
      'functions-log, tap-alerts-publisher-function: loggingConfig.logGroup is /somewhere/else: name a group of the stack',
    ],
  ],
  [
    'a database that logs values, and exports too little',
    (resources) => {
      const parameters = find(resources, 'ParameterGroup', 'tap-database-parameters').properties.parameters;
      parameters.find(({ name }: { name: string }) => name === 'log_parameter_max_length').value = '-1';
      set('Instance', 'tap-database-transactions', 'properties.enabledCloudwatchLogsExports', [
        'postgresql',
        'upgrade',
      ])(resources);
    },
    [
      'database-logged, tap-database-parameters: log_parameter_max_length is -1: set it to 0',
      'database-logged, tap-database-transactions: log iam-db-auth-error is not exported: export it to CloudWatch',
    ],
  ],
  [
    'an alarm that tells nobody',
    set('MetricAlarm', 'tap-monitoring-quarantined-records', 'properties.alarmActions', []),
    ['alarms-notify, tap-monitoring-quarantined-records: alarmActions is 0 topics: name a topic'],
  ],
  [
    'a database that stays behind its releases',
    set('Instance', 'tap-database-transactions', 'properties.autoMinorVersionUpgrade', false),
    ['releases-follow, tap-database-transactions: autoMinorVersionUpgrade is false: set it to true'],
  ],
  [
    'one bucket that may be thrown away',
    set('Bucket', 'tap-archive-bucket', 'properties.forceDestroy', true),
    ['protected-together, tap-archive-bucket: forceDestroy is true: let it be as for one that is kept'],
  ],
  [
    'a stream that Pulumi would delete',
    set('Stream', 'tap-stream-transactions', 'protect', false),
    ['protected-together, tap-stream-transactions: protect is false: let it be as for one that is kept'],
  ],
  [
    'what a destroy would leave behind',
    (resources) => {
      set('LogGroup', 'tap-cache-slow-log', 'properties.skipDestroy', true)(resources);
      statement('RolePolicy', 'tap-stream-producer', 'PutTransactions', {
        Action: ['kinesis:PutRecord', 'logs:CreateLogGroup'],
      })(resources);
    },
    [
      'nothing-left-behind, tap-cache-slow-log: skipDestroy is true: let destroy delete it',
      'nothing-left-behind, tap-stream-producer: policy is one that makes log groups: leave logs:CreateLogGroup out: the group would outlive the stack',
    ],
  ],
];

test.each(CASES)('%s', (_, change, messages) => {
  expect(after(change).sort()).toEqual([...messages].sort());
});

test('the graph without a change is as it should be', () => {
  expect(after()).toEqual([]);
});

test('every policy has been violated once', () => {
  const violated = new Set(CASES.flatMap(([, , messages]) => messages.map((message) => message.split(', ')[0])));
  expect(POLICIES.map(({ name }) => name).filter((name) => !violated.has(name))).toEqual([]);
});
