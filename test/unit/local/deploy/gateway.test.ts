import { emptyGateway, gateways } from '../../../../local/deploy/gateway';
import type { Context } from '../../../../local/deploy/realise';

const context = () =>
  ({ region: 'ap-northeast-1', account: '123456789012', gateway: emptyGateway(), gatewayPort: 8443 }) as Context;
const type = (name: keyof typeof gateways) => gateways[name];

test('an API becomes what decides on a request: routes by their path, schemas, templates, answers and the stage', async () => {
  const made = context();
  const { id: restApi, state } = await type('aws:apigateway/restApi:RestApi')({ name: 'ingest' }, made);
  const resource = type('aws:apigateway/resource:Resource');
  const outer = await resource({ restApi, parentId: state?.rootResourceId, pathPart: 'transactions' }, made);
  const inner = await resource({ restApi, parentId: outer.id, pathPart: 'batch' }, made);
  const at = { restApi, resourceId: inner.id, httpMethod: 'POST' };
  await type('aws:apigateway/model:Model')({ restApi, name: 'Batch', schema: '{"type":"array"}' }, made);
  await type('aws:apigateway/integrationResponse:IntegrationResponse')(
    { ...at, statusCode: '200', selectionPattern: '200', responseTemplates: { 'application/json': 'taken' } },
    made,
  );
  await type('aws:apigateway/integrationResponse:IntegrationResponse')(
    { ...at, statusCode: '503', responseTemplates: { 'application/json': 'not taken' } },
    made,
  );
  await type('aws:apigateway/method:Method')({ ...at, requestModels: { 'application/json': 'Batch' } }, made);
  await type('aws:apigateway/integration:Integration')(
    {
      ...at,
      uri: 'arn:aws:apigateway:ap-northeast-1:kinesis:action/PutRecords',
      requestTemplates: { 'application/json': 'request' },
    },
    made,
  );
  const answer = type('aws:apigateway/response:Response');
  const template = (text: string) => ({ responseTemplates: { 'application/json': text } });
  await answer({ restApiId: restApi, responseType: 'THROTTLED', statusCode: '429', ...template('slower') }, made);
  await answer({ restApiId: restApi, responseType: 'DEFAULT_4XX', ...template('refused') }, made);
  const stage = await type('aws:apigateway/stage:Stage')(
    { restApi, stageName: 'v1', variables: { stream: 'transactions' } },
    made,
  );
  expect(stage.state).toEqual({ invokeUrl: 'https://127.0.0.1:8443/v1' });
  expect(state?.executionArn).toBe('arn:aws:execute-api:ap-northeast-1:123456789012:local');
  expect(made.gateway).toEqual({
    stage: 'v1',
    variables: { stream: 'transactions' },
    models: { Batch: { type: 'array' } },
    routes: {
      '/transactions/batch': {
        model: 'Batch',
        action: 'PutRecords',
        request: 'request',
        responses: [
          { pattern: '200', status: 200, template: 'taken' },
          { pattern: undefined, status: 503, template: 'not taken' },
        ],
      },
    },
    answers: { THROTTLED: { status: 429, template: 'slower' }, DEFAULT_4XX: { status: 0, template: 'refused' } },
  });
});
