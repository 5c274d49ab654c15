import type * as aws from '@pulumi/aws';
import type { Gateway, GatewayRoute } from '../runtime/gateway';
import type { Context } from './realise';
import { realiser } from './realise';

const JSON_TYPE = 'application/json';

/** The route of a resource, which goes by its path here. */
function routeAt({ gateway }: Context, path: string): GatewayRoute {
  gateway.routes[path] ??= { model: '', action: '', request: '', responses: [] };
  return gateway.routes[path];
}

export const emptyGateway = (): Gateway => ({ stage: '', variables: {}, models: {}, routes: {}, answers: {} });

/** A REST API of API Gateway, of which everything that decides what a request comes to is taken over. */
export const gateways = {
  'aws:apigateway/restApi:RestApi': realiser<aws.apigateway.RestApiArgs>(async (_, { region, account }) => {
    const id = 'local';
    return { id, state: { rootResourceId: '', executionArn: `arn:aws:execute-api:${region}:${account}:${id}` } };
  }),
  'aws:apigateway/resource:Resource': realiser<aws.apigateway.ResourceArgs>(async ({ parentId, pathPart }) => ({
    id: `${parentId}/${pathPart}`,
  })),
  'aws:apigateway/model:Model': realiser<aws.apigateway.ModelArgs>(async ({ name, schema }, { gateway }) => {
    gateway.models[name as string] = JSON.parse(schema ?? '{}');
    return {};
  }),
  'aws:apigateway/method:Method': realiser<aws.apigateway.MethodArgs>(async (inputs, context) => {
    routeAt(context, inputs.resourceId).model = inputs.requestModels?.[JSON_TYPE] ?? '';
    return {};
  }),
  'aws:apigateway/integration:Integration': realiser<aws.apigateway.IntegrationArgs>(async (inputs, context) => {
    const route = routeAt(context, inputs.resourceId);
    route.action = inputs.uri?.split('kinesis:action/')[1] ?? '';
    route.request = inputs.requestTemplates?.[JSON_TYPE] ?? '';
    return {};
  }),
  'aws:apigateway/integrationResponse:IntegrationResponse': realiser<aws.apigateway.IntegrationResponseArgs>(
    async (inputs, context) => {
      routeAt(context, inputs.resourceId).responses.push({
        pattern: inputs.selectionPattern,
        status: Number(inputs.statusCode),
        template: inputs.responseTemplates?.[JSON_TYPE] ?? '',
      });
      return {};
    },
  ),
  'aws:apigateway/response:Response': realiser<aws.apigateway.ResponseArgs>(async (inputs, { gateway }) => {
    const template = inputs.responseTemplates?.[JSON_TYPE] ?? '';
    gateway.answers[inputs.responseType] = { status: Number(inputs.statusCode ?? 0), template };
    return {};
  }),
  'aws:apigateway/stage:Stage': realiser<aws.apigateway.StageArgs>(async (inputs, { gateway, gatewayPort }) => {
    gateway.stage = inputs.stageName;
    gateway.variables = inputs.variables ?? {};
    return { state: { invokeUrl: `https://127.0.0.1:${gatewayPort}/${inputs.stageName}` } };
  }),
};
