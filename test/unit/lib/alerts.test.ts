import type * as pulumi from '@pulumi/pulumi';
import {
  basic,
  commonVariables,
  connectToDatabase,
  databaseVariables,
  REGION_ACCOUNT,
  useKey,
} from '../../helpers/functions';
import { policyOf, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const TOPIC = 'aws:sns/topic:Topic';
const TOPIC_ARN = `arn:aws:sns:${REGION_ACCOUNT}:sns-alerts-dev.fifo`;
const PUBLISHER = 'tap-alerts-publisher';

let stack: Recording;
beforeAll(async () => {
  stack = await evaluateStack({ config: { ephemeral: 'true' } });
});

describe('the topic of alerts', () => {
  it('keeps the order of a customer and is encrypted with the key of payment data', () => {
    const { policy, ...inputs } = stack.find(TOPIC, 'tap-alerts-topic').inputs;
    expect(inputs).toEqual({
      name: 'sns-alerts-dev.fifo',
      fifoTopic: true,
      contentBasedDeduplication: false,
      kmsMasterKeyId: 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data',
    });
  });

  it('takes messages from the publisher alone, subscribers of the account alone, and nothing in the clear', () => {
    expect(policyOf(stack.find(TOPIC, 'tap-alerts-topic'))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: ['sns:Publish', 'sns:Subscribe'],
          Resource: TOPIC_ARN,
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
        {
          Sid: 'PublisherOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 'sns:Publish',
          Resource: TOPIC_ARN,
          Condition: { ArnNotEquals: { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/iam-publisher-dev' } },
        },
        {
          Sid: 'OwnQueuesOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 'sns:Subscribe',
          Resource: TOPIC_ARN,
          Condition: { StringNotLike: { 'sns:Endpoint': 'arn:aws:sqs:*:123456789012:*' } },
        },
      ],
    });
    expect(stack.find('aws:iam/role:Role', `${PUBLISHER}-role`).inputs.name).toBe('iam-publisher-dev');
  });

  it('is reached through an endpoint that leads nowhere else', () => {
    const endpoint = stack.find('aws:ec2/vpcEndpoint:VpcEndpoint', 'tap-alerts-sns');
    const { policy, ...inputs } = endpoint.inputs;
    expect(inputs).toEqual({
      vpcId: 'tap-network-vpc-id',
      vpcEndpointType: 'Interface',
      serviceName: 'com.amazonaws.ap-northeast-1.sns',
      privateDnsEnabled: true,
      subnetIds: [1, 2, 3].map((zone) => `tap-network-private-${zone}-id`),
      securityGroupIds: ['tap-network-endpoints-id'],
    });
    expect(policyOf(endpoint).Statement).toEqual([
      {
        Sid: 'AlertsOnly',
        Effect: 'Allow',
        Principal: '*',
        Action: 'sns:Publish',
        Resource: TOPIC_ARN,
        Condition: { StringEquals: { 'aws:PrincipalAccount': '123456789012' } },
      },
    ]);
  });
});

describe('the publisher', () => {
  it('runs in the private subnets and knows the database and the topic', async () => {
    const { code, ...inputs } = stack.find('aws:lambda/function:Function', `${PUBLISHER}-function`).inputs;
    expect(inputs).toMatchObject({
      name: 'lambda-publisher-dev',
      description: 'Publishes the alerts of the outbox',
      role: 'arn:aws:iam::123456789012:role/iam-publisher-dev',
      handler: 'index.handler',
      memorySize: 256,
      timeout: 60,
      vpcConfig: { securityGroupIds: ['tap-network-publisher-id'] },
      loggingConfig: { logGroup: '/aws/lambda/lambda-publisher-dev' },
    });
    expect(inputs.environment.variables).toEqual({
      ...commonVariables('lambda-publisher-dev'),
      ...databaseVariables('tap_publisher'),
      ALERT_TOPIC_ARN: TOPIC_ARN,
    });
    const assets = await (code as pulumi.asset.AssetArchive).assets;
    expect(Object.keys(assets)).toEqual(['index.js', 'rds-ca.pem']);
    expect(await (assets['index.js'] as pulumi.asset.StringAsset).text).toContain('"publisher"');
  });

  it('may do exactly this', () => {
    expect(policyOf(stack.find('aws:iam/rolePolicy:RolePolicy', `${PUBLISHER}-policy`)).Statement).toEqual([
      ...basic('lambda-publisher-dev'),
      connectToDatabase('tap_publisher'),
      { Sid: 'PublishAlerts', Effect: 'Allow', Action: 'sns:Publish', Resource: TOPIC_ARN },
      useKey('EncryptAlerts', ['kms:Decrypt', 'kms:GenerateDataKey'], 'sns'),
    ]);
  });

  it('comes after the outbox and its way to the topic', () => {
    const before = stack.closure(stack.find('aws:lambda/function:Function', `${PUBLISHER}-function`));
    for (const resource of [
      'aws:lambda/invocation:Invocation tap-processor-migration',
      'aws:ec2/vpcEndpoint:VpcEndpoint tap-alerts-sns',
      'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule tap-network-publisher-to-database-egress',
      'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule tap-network-publisher-to-endpoints-ingress',
    ]) {
      expect(before).toContain(resource);
    }
  });

  it('is invoked every minute, by its rule alone', () => {
    expect(stack.find('aws:cloudwatch/eventRule:EventRule', 'tap-alerts-publish').inputs).toEqual({
      name: 'events-publish-dev',
      description: 'Has alerts that wait in the outbox published',
      scheduleExpression: 'rate(1 minute)',
    });
    expect(stack.find('aws:lambda/permission:Permission', 'tap-alerts-publish').inputs).toEqual({
      statementId: 'events-publish-dev',
      function: 'lambda-publisher-dev',
      action: 'lambda:InvokeFunction',
      principal: 'events.amazonaws.com',
      sourceArn: `arn:aws:events:${REGION_ACCOUNT}:rule/events-publish-dev`,
    });
    expect(stack.find('aws:cloudwatch/eventTarget:EventTarget', 'tap-alerts-publish').inputs).toEqual({
      rule: 'events-publish-dev',
      targetId: 'function',
      arn: `arn:aws:lambda:${REGION_ACCOUNT}:function:lambda-publisher-dev`,
      input: '{}',
    });
  });
});
