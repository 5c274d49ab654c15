import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { ANSWERS, answerTemplate } from './ingest-answers';

export interface IngestRoutesArgs {
  api: aws.apigateway.RestApi;
  /** The API's own policy: a change of it also takes effect with a deployment only. */
  policy: pulumi.Output<string>;
  /** What must be there before anything is served. */
  after: pulumi.Resource[];
  region: string;
  /** Whether a request needs an API key besides its signature. */
  apiKeyRequired: boolean;
  /** ARN of the role that puts records on the stream. */
  roleArn: pulumi.Input<string>;
}

const FOLDER = resolve(__dirname, '..', 'ingest');
const read = (file: string) => readFileSync(resolve(FOLDER, file), 'utf8');

const JSON_TYPE = 'application/json';
/** Kinesis's limit for one request. */
const MAX_TRANSACTIONS = 500;

/** Answers when Kinesis took nothing. */
const NOT_TAKEN = 'not-taken.vtl';

interface Route {
  /** Names its resources. */
  name: string;
  /** Below that of the route before it. */
  pathPart: string;
  /** Kinesis's. */
  action: 'PutRecord' | 'PutRecords';
  /** Of the request's body. */
  schema: { title: string; [keyword: string]: unknown };
  request: string;
  /** What answers when Kinesis did. */
  response: string;
}

/** The two routes, from the files that hold their schema and their mapping. */
function routes(): Route[] {
  const { $schema, ...transaction } = JSON.parse(read('transaction.schema.json'));
  return [
    {
      name: 'transaction',
      pathPart: 'transactions',
      action: 'PutRecord',
      schema: { $schema, title: 'Transaction', ...transaction },
      request: read('put-record.vtl'),
      response: read('record-taken.vtl'),
    },
    {
      name: 'batch',
      pathPart: 'batch',
      action: 'PutRecords',
      schema: {
        $schema,
        title: 'Transactions',
        type: 'array',
        minItems: 1,
        maxItems: MAX_TRANSACTIONS,
        items: transaction,
      },
      request: read('put-records.vtl'),
      response: read('records-taken.vtl'),
    },
  ];
}

/**
 * What the API does: its routes validate, map and hand over to Kinesis by themselves, and no code of ours runs in it. AWS serves
 * what was deployed last, so `deployment` is made anew when anything of it changes.
 */
export class IngestRoutes extends pulumi.ComponentResource {
  public readonly deployment: aws.apigateway.Deployment;

  constructor(
    private readonly name: string,
    private readonly args: IngestRoutesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:ingest:IngestRoutes', name, {}, opts);

    const answers = this.createAnswers();
    const served = this.createRoutes();
    this.deployment = this.createDeployment([...args.after, ...answers, ...served]);

    this.registerOutputs({ deploymentId: this.deployment.id });
  }

  private createAnswers(): aws.apigateway.Response[] {
    return Object.entries(ANSWERS).map(
      ([responseType, answer]) =>
        new aws.apigateway.Response(
          `${this.name}-${responseType.toLowerCase().replaceAll('_', '-')}`,
          {
            restApiId: this.args.api.id,
            responseType,
            statusCode: answer.status,
            responseTemplates: { [JSON_TYPE]: answerTemplate(answer) },
          },
          { parent: this },
        ),
    );
  }

  private createRoutes(): pulumi.Resource[] {
    const restApi = this.args.api.id;
    const validator = new aws.apigateway.RequestValidator(
      `${this.name}-body`,
      { restApi, name: 'body', validateRequestBody: true, validateRequestParameters: false },
      { parent: this },
    );
    let parentId = this.args.api.rootResourceId;
    return routes().flatMap((route) => {
      const resource = new aws.apigateway.Resource(
        `${this.name}-${route.name}`,
        { restApi, parentId, pathPart: route.pathPart },
        { parent: this },
      );
      parentId = resource.id;
      return this.createRoute(route, resource, validator);
    });
  }

  private createRoute(
    route: Route,
    resource: aws.apigateway.Resource,
    validator: aws.apigateway.RequestValidator,
  ): pulumi.Resource[] {
    const { region, roleArn, apiKeyRequired } = this.args;
    const name = `${this.name}-${route.name}`;
    const at = { restApi: this.args.api.id, resourceId: resource.id, httpMethod: 'POST' };
    const model = new aws.apigateway.Model(
      name,
      {
        restApi: this.args.api.id,
        name: route.schema.title,
        contentType: JSON_TYPE,
        schema: JSON.stringify(route.schema),
      },
      { parent: this },
    );
    const method = new aws.apigateway.Method(
      name,
      {
        ...at,
        authorization: 'AWS_IAM',
        apiKeyRequired,
        requestModels: { [JSON_TYPE]: model.name },
        requestValidatorId: validator.id,
      },
      { parent: this },
    );
    const integration = new aws.apigateway.Integration(
      name,
      {
        ...at,
        type: 'AWS',
        integrationHttpMethod: 'POST',
        uri: `arn:aws:apigateway:${region}:kinesis:action/${route.action}`,
        credentials: roleArn,
        requestParameters: { 'integration.request.header.Content-Type': "'application/x-amz-json-1.1'" },
        requestTemplates: { [JSON_TYPE]: route.request },
        passthroughBehavior: 'NEVER', // any other type would pass unvalidated
      },
      { parent: this, dependsOn: [method] },
    );
    // What Kinesis answers with anything but 200 is not taken, whatever it is.
    const outcomes = [
      { statusCode: '200', selectionPattern: '200', template: route.response },
      { statusCode: '503', template: read(NOT_TAKEN) },
    ];
    const responses = outcomes.map(({ statusCode, selectionPattern, template }) => {
      const declared = new aws.apigateway.MethodResponse(
        `${name}-${statusCode}`,
        { ...at, statusCode },
        { parent: this, dependsOn: [method] },
      );
      return new aws.apigateway.IntegrationResponse(
        `${name}-${statusCode}`,
        { ...at, statusCode, selectionPattern, responseTemplates: { [JSON_TYPE]: template } },
        { parent: this, dependsOn: [integration, declared] },
      );
    });
    return [method, integration, ...responses];
  }

  private createDeployment(dependsOn: pulumi.Resource[]): aws.apigateway.Deployment {
    const { api, policy, roleArn, apiKeyRequired } = this.args;
    const content = pulumi.all([policy, roleArn]).apply(([text, role]) =>
      createHash('sha256')
        .update(JSON.stringify([text, role, apiKeyRequired, routes(), read(NOT_TAKEN), ANSWERS]))
        .digest('hex'),
    );
    return new aws.apigateway.Deployment(
      this.name,
      { restApi: api.id, triggers: { content } },
      { parent: this, dependsOn },
    );
  }
}
