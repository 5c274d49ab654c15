import { REGION_ACCOUNT, useKey } from '../../helpers/functions';
import { API_ID, evaluateIngests, gateway, INVOCATIONS, type IngestStack, WEB_ACL } from '../../helpers/ingest';
import { policyOf, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const STREAM_ARN = `arn:aws:kinesis:${REGION_ACCOUNT}:stream/kinesis-transactions-dev`;

let open: IngestStack;
let closed: IngestStack;
beforeAll(async () => {
  ({ open, closed } = await evaluateIngests());
});

describe('the API', () => {
  it('is public or private as asked for, and wants TLS 1.2 or later', () => {
    const inputs = {
      name: 'apigateway-ingest-dev',
      description: 'Takes transactions over HTTPS and puts them on the stream',
      securityPolicy: 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09',
      endpointAccessMode: 'STRICT',
    };
    expect(open.find(gateway('RestApi')).inputs).toEqual({ ...inputs, endpointConfiguration: { types: 'REGIONAL' } });
    expect(closed.find(gateway('RestApi')).inputs).toEqual({ ...inputs, endpointConfiguration: { types: 'PRIVATE' } });
  });

  it('lets the account say who invokes it, and when private refuses every endpoint but its own', async () => {
    const account = {
      Sid: 'AccountInvokes',
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::123456789012:root' },
      Action: 'execute-api:Invoke',
      Resource: INVOCATIONS,
    };
    const knownOnly = (endpoints: string[]) => ({
      Sid: 'KnownEndpointsOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: 'execute-api:Invoke',
      Resource: INVOCATIONS,
      Condition: { StringNotEquals: { 'aws:SourceVpce': endpoints } },
    });
    const statements = (stack: Recording) => policyOf(stack.find(gateway('RestApiPolicy'))).Statement;
    expect(statements(open)).toEqual([account]);
    expect(statements(closed)).toEqual([account, knownOnly(['tap-ingest-endpoint-id'])]);
    const shared = await evaluateStack({
      config: { ingest: 'private', ingestVpcEndpointIds: '["vpce-0123456789abcdef0","vpce-0fedcba9876543210"]' },
    });
    expect(statements(shared)).toEqual([account, knownOnly(['vpce-0123456789abcdef0', 'vpce-0fedcba9876543210'])]);
    expect(shared.resources.filter(({ name }) => name.startsWith('tap-ingest-endpoint'))).toEqual([]);
    expect(shared.stackOutputs).not.toHaveProperty('ingestVpcEndpointId');
  });
});

describe('the stage', () => {
  it('names the stream, caches nothing, and logs who sent what kind of request', () => {
    const { accessLogSettings, ...inputs } = open.find(gateway('Stage')).inputs;
    expect(inputs).toEqual({
      restApi: API_ID,
      deployment: 'tap-ingest-routes-id',
      stageName: 'v1',
      variables: { stream: 'kinesis-transactions-dev' },
      cacheClusterEnabled: false,
    });
    expect(accessLogSettings.destinationArn).toBe(
      `arn:aws:logs:${REGION_ACCOUNT}:log-group:/aws/apigateway/apigateway-access-dev`,
    );
    const { service, ...fields } = JSON.parse(accessLogSettings.format);
    expect(service).toBe('apigateway-ingest-dev');
    expect(Object.values(fields).sort()).toEqual([
      '$context.error.responseType',
      '$context.httpMethod',
      '$context.identity.apiKeyId',
      '$context.identity.sourceIp',
      '$context.identity.userArn',
      '$context.identity.vpceId',
      '$context.integration.latency',
      '$context.integration.status',
      '$context.requestId',
      '$context.requestTime',
      '$context.resourcePath',
      '$context.responseLatency',
      '$context.responseLength',
      '$context.status',
      '$context.tlsVersion',
      '$context.wafResponseCode',
    ]);
  });

  it('lets through as many requests as asked for, twice as many at once, and logs no execution', () => {
    expect(closed.find(gateway('MethodSettings')).inputs).toEqual({
      restApi: API_ID,
      stageName: 'v1',
      methodPath: '*/*',
      settings: {
        throttlingRateLimit: 40,
        throttlingBurstLimit: 80,
        loggingLevel: 'OFF',
        dataTraceEnabled: false,
        metricsEnabled: false,
        cachingEnabled: false,
      },
    });
  });

  it('counts what it throttles', () => {
    expect(open.find('aws:cloudwatch/logMetricFilter:LogMetricFilter', 'tap-ingest-throttles').inputs).toEqual({
      name: 'throttles',
      logGroupName: '/aws/apigateway/apigateway-access-dev',
      pattern: '{ $.status = "429" }',
      metricTransformation: {
        name: 'IngestThrottles',
        namespace: 'JapanCart/TransactionMonitoring',
        value: '1',
        unit: 'Count',
        dimensions: { service: '$.service' },
      },
    });
  });

  it('writes audit events under the key of logs', () => {
    const group = (stack: Recording) => stack.find('aws:cloudwatch/logGroup:LogGroup', 'tap-ingest-log');
    expect(group(open).inputs).toEqual({
      name: '/aws/apigateway/apigateway-access-dev',
      retentionInDays: 365,
      kmsKeyId: 'arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-monitoring',
    });
    expect([group(open).protect, group(closed).protect]).toEqual([false, true]);
  });

  it('stands behind a web ACL where there is one', () => {
    expect(open.find('aws:wafv2/webAclAssociation:WebAclAssociation').inputs).toEqual({
      resourceArn: 'arn:aws:apigateway:ap-northeast-1::/restapis/tap-ingest-id/stages/v1',
      webAclArn: WEB_ACL,
    });
    expect(closed.ofType('aws:wafv2/webAclAssociation:WebAclAssociation')).toEqual([]);
  });
});

describe('who may do what', () => {
  it('the ingest may put records, and use the key for nothing else', () => {
    expect(policyOf(open.find('aws:iam/rolePolicy:RolePolicy', 'tap-ingest-policy')).Statement).toEqual([
      {
        Sid: 'PutTransactions',
        Effect: 'Allow',
        Action: ['kinesis:PutRecord', 'kinesis:PutRecords'],
        Resource: STREAM_ARN,
      },
      useKey('EncryptRecords', 'kms:GenerateDataKey', 'kinesis'),
    ]);
    expect(policyOf(open.find('aws:iam/role:Role', 'tap-ingest-role'), 'assumeRolePolicy').Statement).toEqual([
      { Effect: 'Allow', Principal: { Service: 'apigateway.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ]);
  });

  it('the producer role may invoke the routes, and read the key where there is one', () => {
    const granted = (stack: Recording) =>
      stack
        .ofType('aws:iam/rolePolicy:RolePolicy')
        .filter(({ inputs }) => inputs.role === 'iam-producer-dev' && inputs.name !== 'access')
        .flatMap((resource) => policyOf(resource).Statement);
    const invoke = { Sid: 'InvokeIngest', Effect: 'Allow', Action: 'execute-api:Invoke', Resource: INVOCATIONS };
    expect(granted(open)).toEqual([invoke]);
    expect(
      granted(closed)
        .map(({ Sid, Resource }) => `${Sid} ${Resource}`)
        .sort(),
    ).toEqual([
      `InvokeIngest ${INVOCATIONS}`,
      'ReadApiKey arn:aws:apigateway:ap-northeast-1::/apikeys/tap-ingest-plan-id',
    ]);
  });

  it('its own endpoint leads to these routes only, and only members of one group reach it', () => {
    expect(open.ofType('aws:ec2/vpcEndpoint:VpcEndpoint').map(({ name }) => name)).not.toContain('tap-ingest-endpoint');
    const endpoint = closed.find('aws:ec2/vpcEndpoint:VpcEndpoint', 'tap-ingest-endpoint');
    expect(endpoint.inputs).toMatchObject({
      vpcId: 'tap-network-vpc-id',
      vpcEndpointType: 'Interface',
      serviceName: 'com.amazonaws.ap-northeast-1.execute-api',
      privateDnsEnabled: true,
      securityGroupIds: ['tap-ingest-endpoint-endpoint-id'],
    });
    expect(endpoint.inputs.subnetIds).toHaveLength(3);
    expect(policyOf(endpoint).Statement).toEqual([
      {
        Sid: 'IngestOnly',
        Effect: 'Allow',
        Principal: '*',
        Action: 'execute-api:Invoke',
        Resource: INVOCATIONS,
        Condition: { StringEquals: { 'aws:PrincipalAccount': '123456789012' } },
      },
    ]);
    const producers = 'tap-ingest-endpoint-producers-id';
    const group = 'tap-ingest-endpoint-endpoint-id';
    const rule = { ipProtocol: 'tcp', fromPort: 443, toPort: 443 };
    const rules = ['Ingress', 'Egress'].flatMap((way) =>
      closed.ofType(`aws:vpc/securityGroup${way}Rule:SecurityGroup${way}Rule`),
    );
    expect(
      rules
        .map(({ inputs: { description, ...inputs } }) => inputs)
        .filter(({ securityGroupId }) => [producers, group].includes(securityGroupId)),
    ).toEqual([
      { ...rule, securityGroupId: group, referencedSecurityGroupId: producers },
      { ...rule, securityGroupId: producers, referencedSecurityGroupId: group },
    ]);
  });
});

describe('a quota', () => {
  it('counts by a key whose value AWS makes and no output tells', () => {
    expect(closed.find(gateway('UsagePlan')).inputs).toEqual({
      name: 'apigateway-quota-dev',
      description: 'What producers may send a day',
      apiStages: [{ apiId: API_ID, stage: 'v1' }],
      quotaSettings: { limit: 500_000, period: 'DAY' },
    });
    expect(closed.find(gateway('ApiKey')).inputs).toEqual({
      name: 'apigateway-producers-dev',
      description: 'Counts the requests of producers',
    });
    expect(closed.find(gateway('UsagePlanKey')).inputs).toEqual({
      usagePlanId: 'tap-ingest-plan-id',
      keyId: 'tap-ingest-plan-id',
      keyType: 'API_KEY',
    });
    expect(closed.stackOutputs).toHaveProperty('ingestApiKeyId');
    expect(open.ofType(gateway('ApiKey'))).toEqual([]);
    expect(open.stackOutputs).not.toHaveProperty('ingestApiKeyId');
  });
});

describe('without an ingest', () => {
  it('nothing of it is there, and all the rest is', async () => {
    const without = await evaluateStack({ config: { ephemeral: 'true' } });
    const names = ({ resources }: Recording) => resources.map(({ type, name }) => `${type} ${name}`);
    const gone = names(open).filter((name) => !names(without).includes(name));
    expect(gone.filter((name) => !/ tap-(ingest|monitoring-ingest)(-|$)/.test(name))).toEqual([]);
    expect(names(without).filter((name) => name.includes('ingest'))).toEqual([]);
    expect(Object.keys(without.stackOutputs).filter((output) => /ingest|producers/.test(output))).toEqual([]);
    expect(without.find('aws:cloudwatch/dashboard:Dashboard').inputs.dashboardBody).not.toContain('ApiGateway');
  });
});
