import { readFileSync } from 'node:fs';
import path from 'node:path';
import { REGION_ACCOUNT, useKey } from '../../helpers/functions';
import { policyOf, type Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const API_ID = 'tap-ingest-id';
const INVOCATIONS = `arn:aws:execute-api:${REGION_ACCOUNT}:tap-ingest-id/v1/POST/*`;
const STREAM_ARN = `arn:aws:kinesis:${REGION_ACCOUNT}:stream/kinesis-transactions-dev`;
const WEB_ACL = 'arn:aws:wafv2:ap-northeast-1:123456789012:regional/webacl/shop/a1b2c3';
const gateway = (type: string) => `aws:apigateway/${type.charAt(0).toLowerCase()}${type.slice(1)}:${type}`;
const file = (name: string) => readFileSync(path.join(__dirname, '../../../ingest', name), 'utf8');
const schema = JSON.parse(file('transaction.schema.json'));

let open: Recording & { stackOutputs: object };
let closed: Recording & { stackOutputs: object };
beforeAll(async () => {
  open = await evaluateStack({ config: { ephemeral: 'true', ingest: 'public', ingestWebAclArn: WEB_ACL } });
  closed = await evaluateStack({
    config: { ingest: 'private', ingestRequestsPerSecond: '40', ingestDailyQuota: '500000' },
  });
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

describe('a route', () => {
  it.each([
    ['transaction', 'tap-ingest-root', 'transactions', 'PutRecord', 'put-record.vtl', 'record-taken.vtl'],
    ['batch', 'tap-ingest-routes-transaction-id', 'batch', 'PutRecords', 'put-records.vtl', 'records-taken.vtl'],
  ])(
    'for a %s maps what it has validated to Kinesis, and nothing else',
    (name, parent, pathPart, action, request, taken) => {
      const resource = `tap-ingest-routes-${name}`;
      expect(open.find(gateway('Resource'), resource).inputs).toEqual({
        restApi: API_ID,
        parentId: parent,
        pathPart,
      });
      const at = { restApi: API_ID, resourceId: `${resource}-id`, httpMethod: 'POST' };
      expect(open.find(gateway('Method'), resource).inputs).toEqual({
        ...at,
        authorization: 'AWS_IAM',
        apiKeyRequired: false,
        requestModels: { 'application/json': { transaction: 'Transaction', batch: 'Transactions' }[name] },
        requestValidatorId: 'tap-ingest-routes-body-id',
      });
      expect(closed.find(gateway('Method'), resource).inputs.apiKeyRequired).toBe(true);
      expect(open.find(gateway('Integration'), resource).inputs).toEqual({
        ...at,
        type: 'AWS',
        integrationHttpMethod: 'POST',
        uri: `arn:aws:apigateway:ap-northeast-1:kinesis:action/${action}`,
        credentials: 'arn:aws:iam::123456789012:role/iam-ingest-dev',
        requestParameters: { 'integration.request.header.Content-Type': "'application/x-amz-json-1.1'" },
        requestTemplates: { 'application/json': file(request) },
        passthroughBehavior: 'NEVER',
      });
      const response = (status: string) => open.find(gateway('IntegrationResponse'), `${resource}-${status}`).inputs;
      expect(response('200')).toEqual({
        ...at,
        statusCode: '200',
        selectionPattern: '200',
        responseTemplates: { 'application/json': file(taken) },
      });
      expect(response('503')).toEqual({
        ...at,
        statusCode: '503',
        responseTemplates: { 'application/json': file('not-taken.vtl') },
      });
    },
  );

  it('validates a body by the contract of a transaction, or by an array of them', () => {
    expect(open.find(gateway('RequestValidator')).inputs).toEqual({
      restApi: API_ID,
      name: 'body',
      validateRequestBody: true,
      validateRequestParameters: false,
    });
    const model = (name: string) => open.find(gateway('Model'), `tap-ingest-routes-${name}`).inputs;
    expect(model('transaction')).toMatchObject({
      restApi: API_ID,
      name: 'Transaction',
      contentType: 'application/json',
    });
    expect(JSON.parse(model('transaction').schema)).toEqual({ ...schema, title: 'Transaction' });
    const { $schema, ...items } = schema;
    expect(JSON.parse(model('batch').schema)).toEqual({
      $schema: 'http://json-schema.org/draft-04/schema#',
      title: 'Transactions',
      type: 'array',
      minItems: 1,
      maxItems: 500,
      items,
    });
  });
});

describe('answers to what is refused', () => {
  it('are fixed texts, into which only the kind of refusal is put', () => {
    const answers = open.ofType(gateway('Response')).map(({ inputs }) => inputs);
    expect(Object.fromEntries(answers.map(({ responseType, statusCode }) => [responseType, statusCode]))).toEqual({
      BAD_REQUEST_BODY: '400',
      MISSING_AUTHENTICATION_TOKEN: '403',
      INVALID_SIGNATURE: '403',
      EXPIRED_TOKEN: '403',
      ACCESS_DENIED: '403',
      INVALID_API_KEY: '403',
      REQUEST_TOO_LARGE: '413',
      UNSUPPORTED_MEDIA_TYPE: '415',
      THROTTLED: '429',
      QUOTA_EXCEEDED: '429',
      DEFAULT_4XX: undefined,
      DEFAULT_5XX: undefined,
    });
    for (const { responseTemplates } of answers) {
      const template = responseTemplates['application/json'];
      expect(template.match(/\$\w[\w.]*/g)).toEqual(['$context.error.responseType']);
      expect(Object.keys(JSON.parse(template))).toEqual(['error', 'message']);
    }
  });
});

describe('the deployment', () => {
  it('comes after all that it serves', () => {
    const before = open.closure(open.find(gateway('Deployment')));
    const served = [
      'Method',
      'Integration',
      'IntegrationResponse',
      'MethodResponse',
      'Model',
      'Response',
      'RestApiPolicy',
    ];
    const missing = served
      .flatMap((type) => open.ofType(gateway(type)))
      .map(({ type, name }) => `${type} ${name}`)
      .filter((name) => !before.has(name));
    expect(missing).toEqual([]);
    expect(before).toContain('aws:iam/rolePolicy:RolePolicy tap-ingest-policy');
  });

  it('is made anew when what it serves changes, and only then', async () => {
    const content = (stack: Recording) => stack.find(gateway('Deployment')).inputs.triggers.content;
    const throttled = await evaluateStack({ config: { ingest: 'public', ingestRequestsPerSecond: '7' } });
    expect(content(open)).toMatch(/^[0-9a-f]{64}$/);
    expect(content(throttled)).toBe(content(open));
    const withoutKey = await evaluateStack({ config: { ingest: 'private' } });
    expect(new Set([open, closed, withoutKey].map(content)).size).toBe(3);
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
