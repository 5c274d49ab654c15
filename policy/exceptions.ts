import type { Finding } from './policy';

/** One thing that a policy would refuse, and why it stands all the same. */
export interface Exception {
  policy: string;
  /** Type of the resource. */
  type: string;
  /** Its logical name, where not all of its type are meant. */
  name?: RegExp;
  subject: string;
  value: string;
  /** Why it cannot be otherwise, and what limits it. */
  reason: string;
}

/** Every exception is needed by some resource of some environment: a test fails where one is not. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    policy: 'stores-encrypted',
    type: 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
    name: /-access-logs$/,
    subject: 'rules.0.applyServerSideEncryptionByDefault.sseAlgorithm',
    value: 'AES256',
    reason: "S3 delivers access logs to no bucket under a customer's key; what they hold is requests, not objects",
  },
  {
    policy: 'stores-encrypted',
    type: 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
    name: /-access-logs$/,
    subject: 'rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId',
    value: 'not set',
    reason: "S3 delivers access logs to no bucket under a customer's key; its own key encrypts them",
  },
  {
    policy: 'buckets-log-access',
    type: 'aws:s3/bucket:Bucket',
    name: /-access-logs$/,
    subject: 'BucketLogging',
    value: 'not set',
    reason: 'a bucket that logged accesses to itself would never come to an end; a trail with data events sees them',
  },
  {
    policy: 'no-wildcard-resources',
    type: 'aws:iam/rolePolicy:RolePolicy',
    subject: 'AttachToVpc: Resource',
    value:
      'ec2:AssignPrivateIpAddresses, ec2:CreateNetworkInterface, ec2:DeleteNetworkInterface, ec2:DescribeNetworkInterfaces, ec2:DescribeSubnets, ec2:UnassignPrivateIpAddresses on *',
    reason: "Lambda checks these before the network interface is there; the function's own code is denied them",
  },
  {
    policy: 'no-wildcard-resources',
    type: 'aws:ec2/vpcEndpoint:VpcEndpoint',
    name: /-s3$/,
    subject: 'OwnBucketsOnly: Resource',
    value: 's3:GetObject, s3:ListBucket, s3:PutObject on *',
    reason:
      'conditions leave only buckets and principals of the account, and nothing in the VPC uses the endpoint to reach others',
  },
  ...waysOut('aws:ec2/internetGateway:InternetGateway', /-public-gateway$/),
  ...waysOut('aws:ec2/natGateway:NatGateway', /-public-nat-\d$/),
  ...waysOut('aws:ec2/eip:Eip', /-public-nat-\d$/),
  {
    policy: 'rules-between-groups',
    type: 'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule',
    name: /-to-internet-egress$/,
    subject: 'counterpart',
    value: '0.0.0.0/0',
    reason:
      'the setting egressFunctions names the function that may reach the internet, over HTTPS and through a NAT gateway',
  },
  ...keyFamilies('AccountUsesThroughServices', 'kms:GenerateDataKey*, kms:ReEncrypt*'),
  ...keyFamilies('LogsEncrypt', 'kms:Decrypt*, kms:Describe*, kms:Encrypt*, kms:GenerateDataKey*, kms:ReEncrypt*'),
  ...keyFamilies('AlarmsReachTheTopic', 'kms:GenerateDataKey*'),
  ...keyFamilies('EventsReachTheTopic', 'kms:GenerateDataKey*'),
  ...keyFamilies('BudgetReachesTheTopic', 'kms:GenerateDataKey*'),
  ...keyFamilies('CloudTrailEncrypts', 'kms:GenerateDataKey*'),
  {
    policy: 'no-managed-policies',
    type: 'aws:iam/rolePolicyAttachment:RolePolicyAttachment',
    name: /-monitoring$/,
    subject: 'policyArn',
    value: 'arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole',
    reason: "what RDS writes to the account's group RDSOSMetrics is up to AWS, and so is this policy for it",
  },
  {
    policy: 'services-bound',
    type: 'aws:iam/role:Role',
    subject: 'assumeRolePolicy: Principal',
    value: 'lambda.amazonaws.com for any account',
    reason:
      'Lambda states no source when it takes the role of a function; a function gets it only by iam:PassRole in this account',
  },
  {
    policy: 'services-bound',
    type: 'aws:iam/role:Role',
    name: /-ingest-role$/,
    subject: 'assumeRolePolicy: Principal',
    value: 'apigateway.amazonaws.com for any account',
    reason:
      'a method gets the role only by iam:PassRole in this account, and all it may do is put records on the stream',
  },
  {
    policy: 'services-bound',
    type: 'aws:kms/key:Key',
    name: /-monitoring$/,
    subject: 'EventsReachTheTopic: Principal',
    value: 'events.amazonaws.com for any account',
    reason:
      'EventBridge sends no source with its requests to KMS; with a condition on one its messages are lost unseen',
  },
  {
    policy: 'services-bound',
    type: 'aws:sns/topic:Topic',
    name: /-alarms$/,
    subject: 'EventsPublish: Principal',
    value: 'events.amazonaws.com for any account',
    reason: "EventBridge's messages to a topic carry nothing that a condition could ask for",
  },
  {
    policy: 'services-bound',
    type: 'aws:kms/key:Key',
    name: /-monitoring$/,
    subject: 'BudgetReachesTheTopic: Principal',
    value: 'budgets.amazonaws.com for any account',
    reason: "the topic's policy says whose budgets it takes messages from",
  },
];

/** What the settings publicSubnets and natGateways ask for. */
function waysOut(type: string, name: RegExp): Exception[] {
  const reason =
    'the setting publicSubnets asks for it, for workloads beside the stack; nothing of the stack lies there, and no function gets out unless egressFunctions names it';
  return [{ policy: 'nothing-public', type, name, subject: 'type', value: type, reason }];
}

/** Families of actions in the policy of a key, where each stands for one use of that key. */
function keyFamilies(statement: string, value: string): Exception[] {
  return [
    {
      policy: 'no-wildcard-actions',
      type: 'aws:kms/key:Key',
      subject: `${statement}: Action`,
      value,
      reason:
        "the forms of one use of this key (with or without plaintext, from and to), as the services' own pages ask for; who may is limited by conditions or by service",
    },
  ];
}

/** The exception that covers a violation. */
export function exceptionFor(policy: string, finding: Finding): Exception | undefined {
  const { resource, subject, value } = finding;
  return EXCEPTIONS.find(
    (one) =>
      one.policy === policy &&
      one.type === resource.type &&
      (one.name === undefined || one.name.test(resource.name)) &&
      one.subject === subject &&
      one.value === value,
  );
}
