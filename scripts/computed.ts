import * as pulumi from '@pulumi/pulumi';

export const ACCOUNT = '123456789012';
export const REGION = 'ap-northeast-1';
export const DATABASE_RESOURCE_ID = 'db-ABCDEFGHIJKL01234';

type Inputs = Record<string, unknown>;

/** What AWS would add to a resource. Only what AWS would: a group with cluster mode off has no configuration endpoint. */
export function computed(type: string, name: string, inputs: Inputs): Inputs {
  const kind = type.split(':')[1] ?? '';
  const arn = (service: string, resource: unknown) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
  switch (kind) {
    case 'kms/key':
      return { arn: arn('kms', `key/${name}`), keyId: name };
    case 'cloudtrail/trail':
      return { arn: arn('cloudtrail', `trail/${inputs.name}`) };
    case 'kinesis/stream':
      return { arn: arn('kinesis', `stream/${inputs.name}`) };
    case 'kinesis/firehoseDeliveryStream':
      return { arn: arn('firehose', `deliverystream/${inputs.name}`) };
    case 'iam/role':
      return { arn: `arn:aws:iam::${ACCOUNT}:role/${inputs.name}` };
    case 'cloudwatch/logGroup':
      return { arn: arn('logs', `log-group:${inputs.name}`) };
    case 'cloudwatch/metricAlarm':
      return { arn: arn('cloudwatch', `alarm:${inputs.name}`) };
    case 'cloudwatch/eventRule':
      return { arn: arn('events', `rule/${inputs.name}`) };
    case 'lambda/function':
      return { arn: arn('lambda', `function:${inputs.name}`) };
    case 'apigateway/restApi':
      return { executionArn: arn('execute-api', `${name}-id`), rootResourceId: `${name}-root` };
    case 'apigateway/stage':
      return {
        arn: `arn:aws:apigateway:${REGION}::/restapis/${inputs.restApi}/stages/${inputs.stageName}`,
        invokeUrl: `https://${inputs.restApi}.execute-api.${REGION}.amazonaws.com/${inputs.stageName}`,
      };
    case 'lambda/alias':
      return { arn: arn('lambda', `function:${inputs.functionName}:${inputs.name}`) };
    case 'lambda/eventSourceMapping':
      return { uuid: '91eaeb7e-c976-1234-9451-8709db01f137' };
    case 'sns/topic':
      return { arn: arn('sns', inputs.name) };
    case 's3/bucket':
      return { arn: `arn:aws:s3:::${inputs.bucket}` };
    case 'elasticache/user':
      return { arn: arn('elasticache', `user:${inputs.userId}`) };
    case 'elasticache/replicationGroup':
      return {
        arn: arn('elasticache', `replicationgroup:${inputs.replicationGroupId}`),
        primaryEndpointAddress: `master.${inputs.replicationGroupId}.abc123.apne1.cache.amazonaws.com`,
        configurationEndpointAddress: '',
      };
    case 'rds/instance':
      return {
        arn: arn('rds', `db:${inputs.identifier}`),
        address: `${inputs.identifier}.abc123.${REGION}.rds.amazonaws.com`,
        resourceId: DATABASE_RESOURCE_ID,
      };
    case 'index/randomPassword':
      return { result: pulumi.secret('generated-and-never-read') };
    case 'index/randomId':
      return { hex: 'c0ffee01' };
    default:
      return {};
  }
}
