/** Calls that one grantee makes outside this project's code, and where it is written that it does. */
export interface Declared {
  /** Roles by their names, services by their principals. */
  grantees: string[];
  actions: string[];
  /** As `Grant.resource`; `<own>` stands for the part of the grantee's name behind `iam-`. */
  resources: string[];
  /** The service through which a key is used. @default none */
  via?: 'kinesis' | 's3' | 'secretsmanager' | 'sns';
  /** Who calls, and what for. */
  why: string;
  /** Page of AWS's documentation, or document of this project. */
  source: string;
  /** The setting without which the call is never made, and not permitted. @default always */
  onlyWith?: 'auditTrail' | 'dbSecretKeyArn' | 'ingest' | 'ingestDailyQuota' | 'monthlyBudgetUsd';
}

const AWS = 'https://docs.aws.amazon.com';

const role = (name: string) => `iam-${name}-<suffix>`;
const FUNCTION_ROLES = ['processor', 'operations', 'publisher', 'archiver'].map(role);

const STREAM = 'kinesis stream/kinesis-transactions-<suffix>';
const DATA_KEY = 'kms alias/kms-data-<suffix>';
const MONITORING_KEY = 'kms alias/kms-monitoring-<suffix>';
const ALARM_TOPIC = 'sns sns-alarms-<suffix>';

/** What AWS's services do under the roles of the stack, or under their own names. */
const SERVICES: Declared[] = [
  {
    grantees: FUNCTION_ROLES,
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: ['logs log-group:/aws/lambda/lambda-<own>-<suffix>:*'],
    why: "Lambda writes the function's log",
    source: `${AWS}/lambda/latest/dg/monitoring-cloudwatchlogs.html`,
  },
  {
    grantees: FUNCTION_ROLES,
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resources: ['*'],
    why: 'Lambda attaches the function to the VPC; its code is denied the same',
    source: `${AWS}/lambda/latest/dg/configuration-vpc.html`,
  },
  {
    grantees: [role('processor')],
    actions: [
      'kinesis:DescribeStream',
      'kinesis:DescribeStreamSummary',
      'kinesis:GetRecords',
      'kinesis:GetShardIterator',
      'kinesis:ListShards',
    ],
    resources: [STREAM],
    why: 'the event source mapping reads the stream',
    source: `${AWS}/lambda/latest/dg/services-kinesis-create.html`,
  },
  {
    grantees: [role('processor')],
    actions: ['s3:ListBucket'],
    resources: ['s3 s3-failed-records-<account>-<suffix>'],
    why: 'the event source mapping keeps what it gives up',
    source: `${AWS}/lambda/latest/dg/kinesis-on-failure-destination.html`,
  },
  {
    grantees: [role('processor')],
    actions: ['s3:PutObject'],
    resources: ['s3 s3-failed-records-<account>-<suffix>/aws/lambda/*'],
    why: 'the event source mapping keeps what it gives up',
    source: `${AWS}/lambda/latest/dg/kinesis-on-failure-destination.html`,
  },
  {
    grantees: [role('processor')],
    actions: ['kms:GenerateDataKey'],
    resources: [DATA_KEY],
    via: 's3',
    why: 'the event source mapping encrypts what it gives up',
    source: `${AWS}/lambda/latest/dg/kinesis-on-failure-destination.html`,
  },
  {
    grantees: [role('processor'), role('archive')],
    actions: ['kms:Decrypt'],
    resources: [DATA_KEY],
    via: 'kinesis',
    why: 'whoever reads the stream decrypts its records',
    source: `${AWS}/streams/latest/dev/permissions-user-key-KMS.html`,
  },
  {
    grantees: [role('operations')],
    actions: ['kms:Decrypt'],
    resources: ['kms key/secret'],
    via: 'secretsmanager',
    why: 'Secrets Manager decrypts a secret for whoever reads it',
    source: `${AWS}/secretsmanager/latest/userguide/security-encryption.html`,
    onlyWith: 'dbSecretKeyArn',
  },
  {
    grantees: [role('publisher')],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [DATA_KEY],
    via: 'sns',
    why: 'whoever publishes to an encrypted topic has SNS use its key',
    source: `${AWS}/sns/latest/dg/sns-key-management.html`,
  },
  {
    grantees: [role('archive')],
    actions: ['kinesis:DescribeStream', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
    resources: [STREAM],
    why: 'Firehose reads the stream',
    source: `${AWS}/firehose/latest/dev/controlling-access.html`,
  },
  {
    grantees: [role('archive')],
    actions: ['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction'],
    resources: ['lambda function:lambda-archiver-<suffix>:$LATEST'],
    why: 'Firehose has records transformed',
    source: `${AWS}/firehose/latest/dev/controlling-access.html`,
  },
  {
    grantees: [role('archive')],
    actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
    resources: ['s3 s3-archive-<account>-<suffix>'],
    why: 'Firehose writes the archive',
    source: `${AWS}/firehose/latest/dev/controlling-access.html`,
  },
  {
    grantees: [role('archive')],
    actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
    resources: ['s3 s3-archive-<account>-<suffix>/*'],
    why: 'Firehose writes the archive',
    source: `${AWS}/firehose/latest/dev/controlling-access.html`,
  },
  {
    grantees: [role('archive')],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [DATA_KEY],
    via: 's3',
    why: 'Firehose encrypts the archive',
    source: `${AWS}/firehose/latest/dev/controlling-access.html`,
  },
  {
    grantees: [role('archive')],
    actions: ['logs:PutLogEvents'],
    resources: ['logs log-group:/aws/kinesisfirehose/firehose-archive-<suffix>:log-stream:delivery'],
    why: 'Firehose logs what it cannot deliver',
    source: `${AWS}/firehose/latest/dev/controlling-access.html`,
  },
  {
    grantees: [role('flow-logs')],
    actions: ['logs:CreateLogStream', 'logs:DescribeLogGroups', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
    resources: ['logs log-group:/aws/vpc/ec2-main-<suffix>/flow-logs:*'],
    why: 'the VPC logs its connections',
    source: `${AWS}/vpc/latest/userguide/flow-logs-iam-role.html`,
  },
  {
    grantees: [role('rds-monitoring')],
    actions: ['AmazonRDSEnhancedMonitoringRole'],
    resources: [''],
    why: "RDS writes the operating system's metrics; the policy is AWS's own",
    source: `${AWS}/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html`,
  },
  {
    grantees: ['events.amazonaws.com'],
    actions: ['lambda:InvokeFunction'],
    resources: ['lambda function:lambda-publisher-<suffix>', 'lambda function:lambda-operations-<suffix>:operate'],
    why: 'EventBridge has the functions run on schedule',
    source: `${AWS}/eventbridge/latest/userguide/eb-use-resource-based.html`,
  },
  {
    grantees: ['events.amazonaws.com', 'cloudwatch.amazonaws.com'],
    actions: ['sns:Publish'],
    resources: [ALARM_TOPIC],
    why: 'alarms and events of keys are told',
    source: `${AWS}/eventbridge/latest/userguide/eb-use-resource-based.html`,
  },
  {
    grantees: ['budgets.amazonaws.com'],
    actions: ['sns:Publish'],
    resources: [ALARM_TOPIC],
    why: 'the budget is told',
    source: `${AWS}/cost-management/latest/userguide/budgets-sns-policy.html`,
    onlyWith: 'monthlyBudgetUsd',
  },
  {
    grantees: ['events.amazonaws.com', 'cloudwatch.amazonaws.com'],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    resources: [MONITORING_KEY],
    why: 'a service that publishes to an encrypted topic uses its key',
    source: `${AWS}/sns/latest/dg/sns-key-management.html`,
  },
  {
    grantees: ['budgets.amazonaws.com'],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    resources: [MONITORING_KEY],
    why: 'a service that publishes to an encrypted topic uses its key',
    source: `${AWS}/cost-management/latest/userguide/budgets-sns-policy.html`,
    onlyWith: 'monthlyBudgetUsd',
  },
  {
    grantees: ['logs.<region>.amazonaws.com'],
    actions: ['kms:Decrypt*', 'kms:Describe*', 'kms:Encrypt*', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
    resources: [MONITORING_KEY],
    why: 'CloudWatch Logs encrypts the log groups',
    source: `${AWS}/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html`,
  },
  {
    grantees: ['cloudtrail.amazonaws.com'],
    actions: ['s3:GetBucketAcl'],
    resources: ['s3 s3-audit-trail-<account>-<suffix>'],
    why: 'CloudTrail writes the audit trail',
    source: `${AWS}/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html`,
    onlyWith: 'auditTrail',
  },
  {
    grantees: ['cloudtrail.amazonaws.com'],
    actions: ['s3:PutObject'],
    resources: ['s3 s3-audit-trail-<account>-<suffix>/AWSLogs/<account>/*'],
    why: 'CloudTrail writes the audit trail',
    source: `${AWS}/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html`,
    onlyWith: 'auditTrail',
  },
  {
    grantees: ['cloudtrail.amazonaws.com'],
    actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey*'],
    resources: [MONITORING_KEY],
    why: 'CloudTrail encrypts the audit trail',
    source: `${AWS}/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html`,
    onlyWith: 'auditTrail',
  },
  {
    grantees: ['logging.s3.amazonaws.com'],
    actions: ['s3:PutObject'],
    resources: ['s3 s3-access-logs-<account>-<suffix>/*'],
    why: 'S3 logs accesses to the buckets',
    source: `${AWS}/AmazonS3/latest/userguide/enable-server-access-logging.html`,
  },
  {
    grantees: [role('ingest')],
    actions: ['kinesis:PutRecord', 'kinesis:PutRecords'],
    resources: [STREAM],
    why: 'API Gateway puts what producers send over HTTPS on the stream',
    source: `${AWS}/apigateway/latest/developerguide/integrating-api-with-aws-services-kinesis.html`,
  },
  {
    grantees: [role('ingest')],
    actions: ['kms:GenerateDataKey'],
    resources: [DATA_KEY],
    via: 'kinesis',
    why: 'whoever puts records has Kinesis encrypt them',
    source: `${AWS}/streams/latest/dev/permissions-user-key-KMS.html`,
  },
];

/** What people and programs outside do under roles that are there for them. */
const PEOPLE: Declared[] = [
  {
    grantees: [role('producer')],
    actions: ['kinesis:PutRecord', 'kinesis:PutRecords'],
    resources: [STREAM],
    why: 'producers put transactions on the stream, one or many at a time',
    source: 'docs/transaction.md',
  },
  {
    grantees: [role('producer')],
    actions: ['kms:GenerateDataKey'],
    resources: [DATA_KEY],
    via: 'kinesis',
    why: 'whoever puts records has Kinesis encrypt them',
    source: `${AWS}/streams/latest/dev/permissions-user-key-KMS.html`,
  },
  {
    grantees: [role('producer')],
    actions: ['execute-api:Invoke'],
    resources: ['execute-api tap-ingest-id/v1/POST/*'],
    why: 'producers send over HTTPS',
    source: 'docs/ingest.md',
    onlyWith: 'ingest',
  },
  {
    grantees: [role('producer')],
    actions: ['apigateway:GET'],
    resources: ['apigateway /apikeys/tap-ingest-plan-id'],
    why: 'producers fetch the key that their requests are counted by',
    source: 'docs/ingest.md',
    onlyWith: 'ingestDailyQuota',
  },
  {
    grantees: [role('operator')],
    actions: ['lambda:InvokeFunction'],
    resources: ['lambda function:lambda-operations-<suffix>:operate'],
    why: 'operators ask',
    source: 'docs/operations.md',
  },
  {
    grantees: [role('approver')],
    actions: ['lambda:InvokeFunction'],
    resources: ['lambda function:lambda-operations-<suffix>:approve'],
    why: 'approvers consent',
    source: 'docs/rules.md',
  },
];

export const DECLARED: readonly Declared[] = [...SERVICES, ...PEOPLE];
