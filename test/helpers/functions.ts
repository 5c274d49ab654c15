import { SECRET_ARN } from './pulumi';

export const REGION_ACCOUNT = 'ap-northeast-1:123456789012';
const KEY_ARN = 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data';

const NETWORK_INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/** What the role of every function has. */
export const basic = (functionName: string) => [
  {
    Sid: 'WriteLogs',
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: `arn:aws:logs:${REGION_ACCOUNT}:log-group:/aws/lambda/${functionName}:*`,
  },
  { Sid: 'AttachToVpc', Effect: 'Allow', Action: NETWORK_INTERFACE_ACTIONS, Resource: '*' },
  {
    Sid: 'KeepCodeFromNetworkInterfaces',
    Effect: 'Deny',
    Action: NETWORK_INTERFACE_ACTIONS,
    Resource: '*',
    Condition: {
      ArnEquals: { 'lambda:SourceFunctionArn': `arn:aws:lambda:${REGION_ACCOUNT}:function:${functionName}` },
    },
  },
];

/** Using a key, that of payment data where no other is named, for what a service stores. */
export const useKey = (Sid: string, Action: string | string[], service: string, Resource = KEY_ARN) => ({
  Sid,
  Effect: 'Allow',
  Action,
  Resource,
  Condition: { StringEquals: { 'kms:ViaService': `${service}.ap-northeast-1.amazonaws.com` } },
});

export const connectToDatabase = (user: string) => ({
  Sid: 'ConnectToDatabase',
  Effect: 'Allow',
  Action: 'rds-db:connect',
  Resource: `arn:aws:rds-db:${REGION_ACCOUNT}:dbuser:db-ABCDEFGHIJKL01234/${user}`,
});

export const readCredentials = {
  Sid: 'ReadCredentials',
  Effect: 'Allow',
  Action: 'secretsmanager:GetSecretValue',
  Resource: SECRET_ARN,
};

export const connectToCache = (user: string) => ({
  Sid: 'ConnectToCache',
  Effect: 'Allow',
  Action: 'elasticache:Connect',
  Resource: [
    `arn:aws:elasticache:${REGION_ACCOUNT}:replicationgroup:redis-history-dev`,
    `arn:aws:elasticache:${REGION_ACCOUNT}:user:${user}`,
  ],
});

/** Variables of a function that signs in to the database. */
export const databaseVariables = (user: string) => ({
  DATABASE_HOST: 'rds-transactions-dev.abc123.ap-northeast-1.rds.amazonaws.com',
  DATABASE_PORT: '5432',
  DATABASE_NAME: 'transactions',
  DATABASE_USER: user,
});

/** Variables of a function that signs in to the cache. */
export const cacheVariables = (user: string) => ({
  REDIS_HOST: 'master.redis-history-dev.abc123.apne1.cache.amazonaws.com',
  REDIS_PORT: '6379',
  REDIS_USER: user,
  REDIS_REPLICATION_GROUP: 'redis-history-dev',
});

/** Variables of every function. */
export const commonVariables = (functionName: string) => ({
  ENVIRONMENT_SUFFIX: 'dev',
  POWERTOOLS_SERVICE_NAME: functionName,
  POWERTOOLS_METRICS_NAMESPACE: 'JapanCart/TransactionMonitoring',
  POWERTOOLS_LOG_LEVEL: 'INFO',
});
