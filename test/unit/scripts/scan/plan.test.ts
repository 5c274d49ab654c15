import type { Resource } from '../../../../scripts/graph';
import { terraformPlan, terraformType } from '../../../../scripts/scan/plan';

const ENCRYPTION = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';

const RESOURCES: Resource[] = [
  { type: 'tap:storage:Bucket', name: 'tap-archive', inputs: {} },
  { type: 'aws:s3/bucket:Bucket', name: 'tap-archive', inputs: { bucket: 's3-archive', forceDestroy: true } },
  {
    type: ENCRYPTION,
    name: 'tap-archive',
    inputs: {
      bucket: 'tap-archive-id',
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms' }, bucketKeyEnabled: true }],
    },
  },
  {
    type: 'aws:lambda/function:Function',
    name: 'tap-archiver',
    inputs: {
      name: 'lambda-archiver',
      vpcConfig: { subnetIds: ['tap-subnet-id'], securityGroupIds: ['tap-group-id'] },
      environment: { variables: { someThing: 'x' } },
    },
  },
  { type: 'aws:ec2/securityGroup:SecurityGroup', name: 'tap-group', inputs: { tags: { someTag: 'x' } } },
];

// biome-ignore lint/suspicious/noExplicitAny: a plan as JSON
const plan = terraformPlan(RESOURCES) as any;
const values = (address: string) =>
  plan.planned_values.root_module.resources.find((resource: { address: string }) => resource.address === address)
    .values;
const expressions = (address: string) =>
  plan.configuration.root_module.resources.find((resource: { address: string }) => resource.address === address)
    .expressions;

test.each([
  ['aws:rds/instance:Instance', 'aws_db_instance'],
  ['aws:ec2/vpc:Vpc', 'aws_vpc'],
  ['aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule', 'aws_vpc_security_group_egress_rule'],
  ['aws:cloudwatch/logGroup:LogGroup', 'aws_cloudwatch_log_group'],
  ['aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream', 'aws_kinesis_firehose_delivery_stream'],
])('%s is %s', (type, name) => {
  expect(terraformType(type)).toBe(name);
});

test('a module that is not known is refused, for its name would be a guess', () => {
  expect(() => terraformType('aws:msk/cluster:Cluster')).toThrow(
    'scripts/scan/plan.ts does not know the module of aws:msk/cluster:Cluster: add it to PREFIXES',
  );
});

test('components are left out, and each resource has an address', () => {
  expect(plan.planned_values.root_module.resources.map(({ address }: { address: string }) => address)).toEqual([
    'aws_s3_bucket.tap-archive',
    'aws_s3_bucket_server_side_encryption_configuration.tap-archive',
    'aws_lambda_function.tap-archiver',
    'aws_security_group.tap-group',
  ]);
});

test('names are those of Terraform, blocks are lists, and maps are left alone', () => {
  expect(values('aws_s3_bucket_server_side_encryption_configuration.tap-archive')).toEqual({
    bucket: 'tap-archive-id',
    rule: [{ apply_server_side_encryption_by_default: [{ sse_algorithm: 'aws:kms' }], bucket_key_enabled: true }],
  });
  expect(values('aws_lambda_function.tap-archiver')).toEqual({
    function_name: 'lambda-archiver',
    vpc_config: [{ subnet_ids: ['tap-subnet-id'], security_group_ids: ['tap-group-id'] }],
    environment: [{ variables: { someThing: 'x' } }],
  });
  expect(values('aws_security_group.tap-group')).toEqual({ tags: { someTag: 'x' } });
});

test('what refers to another resource says so, inside blocks too', () => {
  expect(expressions('aws_s3_bucket_server_side_encryption_configuration.tap-archive').bucket).toEqual({
    references: ['aws_s3_bucket.tap-archive.id', 'aws_s3_bucket.tap-archive'],
  });
  expect(expressions('aws_lambda_function.tap-archiver').vpc_config).toEqual([
    { security_group_ids: { references: ['aws_security_group.tap-group.id', 'aws_security_group.tap-group'] } },
  ]);
});

test('the policy of a topic is a resource of its own as well', () => {
  const topic = { type: 'aws:sns/topic:Topic', name: 'tap-alarms', inputs: { name: 'sns-alarms', policy: '{}' } };
  // biome-ignore lint/suspicious/noExplicitAny: a plan as JSON
  const { resources } = (terraformPlan([topic]) as any).planned_values.root_module;
  expect(resources[1]).toEqual({
    address: 'aws_sns_topic_policy.tap-alarms-policy',
    mode: 'managed',
    type: 'aws_sns_topic_policy',
    name: 'tap-alarms-policy',
    values: { arn: 'sns-alarms', policy: '{}' },
  });
});
