import { asText, holdsUnknown, judge, type ResourcePolicy, valueAt } from './policy';

/** Where the physical name of a resource stands, and the service that begins it. */
export const NAMES: Record<string, { property: string; service: string }> = {
  'aws:apigateway/apiKey:ApiKey': { property: 'name', service: 'apigateway' },
  'aws:apigateway/restApi:RestApi': { property: 'name', service: 'apigateway' },
  'aws:apigateway/usagePlan:UsagePlan': { property: 'name', service: 'apigateway' },
  'aws:budgets/budget:Budget': { property: 'name', service: 'budgets' },
  'aws:cloudtrail/trail:Trail': { property: 'name', service: 'cloudtrail' },
  'aws:cloudwatch/dashboard:Dashboard': { property: 'dashboardName', service: 'cloudwatch' },
  'aws:cloudwatch/eventRule:EventRule': { property: 'name', service: 'events' },
  'aws:cloudwatch/logGroup:LogGroup': { property: 'name', service: '[a-z0-9]+' },
  'aws:cloudwatch/metricAlarm:MetricAlarm': { property: 'name', service: 'cloudwatch' },
  'aws:ec2/securityGroup:SecurityGroup': { property: 'name', service: 'ec2' },
  'aws:ec2/subnet:Subnet': { property: 'tags.Name', service: 'ec2' },
  'aws:ec2/vpc:Vpc': { property: 'tags.Name', service: 'ec2' },
  'aws:elasticache/parameterGroup:ParameterGroup': { property: 'name', service: 'redis' },
  'aws:elasticache/replicationGroup:ReplicationGroup': { property: 'replicationGroupId', service: 'redis' },
  'aws:elasticache/subnetGroup:SubnetGroup': { property: 'name', service: 'redis' },
  'aws:elasticache/user:User': { property: 'userId', service: 'redis' },
  'aws:elasticache/userGroup:UserGroup': { property: 'userGroupId', service: 'redis' },
  'aws:iam/role:Role': { property: 'name', service: 'iam' },
  'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream': { property: 'name', service: 'firehose' },
  'aws:kinesis/stream:Stream': { property: 'name', service: 'kinesis' },
  'aws:kms/alias:Alias': { property: 'name', service: 'kms' },
  'aws:lambda/function:Function': { property: 'name', service: 'lambda' },
  'aws:rds/instance:Instance': { property: 'identifier', service: 'rds' },
  'aws:rds/parameterGroup:ParameterGroup': { property: 'name', service: 'rds' },
  'aws:rds/subnetGroup:SubnetGroup': { property: 'name', service: 'rds' },
  'aws:s3/bucket:Bucket': { property: 'bucket', service: 's3' },
  'aws:sns/topic:Topic': { property: 'name', service: 'sns' },
};

export const namesTellTheEnvironment: ResourcePolicy = {
  name: 'names-tell-the-environment',
  description: 'Physical names are service, purpose and environment suffix, so that no two environments meet',
  clauses: ['PCI 6.5.3', 'PCI 12.5.1', 'APPI GL 10-3'],
  each(resource) {
    const { property, service } = NAMES[resource.type] ?? {};
    if (property === undefined) return [];
    const suffix = resource.defaultTags?.Environment;
    // Behind the suffix come numbers of subnets and nodes and the ending that SNS wants; paths hold the name as a part.
    const pattern = new RegExp(`^${service}-[a-z0-9-]+-${suffix}(-\\d+|\\.fifo)?$`);
    const named = ([name, end]: unknown[]) =>
      end !== undefined &&
      String(name)
        .split('/')
        .some((part) => pattern.test(part));
    const value = valueAt(resource, property);
    const asks = `name it ${service === '[a-z0-9]+' ? 'service' : service}-purpose-${asText(suffix)}`;
    return [judge(resource, property, [value, suffix], named, asks, asText(value))];
  },
};

const TAGS = ['Project', 'Environment', 'ManagedBy', 'CostCenter', 'DataClassification'] as const;

export const everythingTagged: ResourcePolicy = {
  name: 'everything-tagged',
  description: `Everything is made by the stack's own provider, which gives it the tags ${TAGS.join(', ')}`,
  clauses: ['PCI 12.5.1', 'PCI 12.5.2', 'APPI GL 10-3', 'LGPD 37'],
  each(resource) {
    if (!resource.type.startsWith('aws:')) return [];
    const tags = resource.defaultTags ?? {};
    const missing = TAGS.filter((tag) => tags[tag] === undefined || tags[tag] === '');
    const shown = holdsUnknown(tags)
      ? undefined
      : TAGS.filter((tag) => !missing.includes(tag)).map((tag) => `${tag}=${tags[tag]}`);
    return [
      judge(
        resource,
        'default tags',
        tags,
        () => missing.length === 0,
        `let a provider with the tags ${TAGS.join(', ')} make it`,
        shown?.join(', ') || 'none',
      ),
    ];
  },
};
