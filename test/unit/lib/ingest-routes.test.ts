import { readFileSync } from 'node:fs';
import path from 'node:path';
import { API_ID, evaluateIngests, gateway, type IngestStack } from '../../helpers/ingest';
import type { Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const file = (name: string) => readFileSync(path.join(__dirname, '../../../ingest', name), 'utf8');
const schema = JSON.parse(file('transaction.schema.json'));

let open: IngestStack;
let closed: IngestStack;
beforeAll(async () => {
  ({ open, closed } = await evaluateIngests());
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
