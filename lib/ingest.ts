import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { METRICS_NAMESPACE } from './function';
import { IngestEndpoint } from './ingest-endpoint';
import { IngestRoutes } from './ingest-routes';
import { createUsagePlan } from './ingest-usage-plan';
import { createLogGroup, type LogSettings } from './log-group';
import type { Names } from './naming';
import type { Network } from './network';
import { policyDocument, type Statement, trustService } from './policies';
import { putTransactions, type Stream } from './stream';

export interface IngestArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  network: Network;
  stream: Stream;
  /** ARN of the key that encrypts the stream. */
  kmsKeyArn: pulumi.Input<string>;
  logs: LogSettings;
  /** From where it is reached: from VPCs, or from anywhere. */
  ingest: 'private' | 'public';
  /** Requests a second of all producers together, 1 to 10,000. */
  ingestRequestsPerSecond: number;
  /** Requests a day with one API key. @default no key is needed */
  ingestDailyQuota?: number;
  /** Interface endpoints that a private one is reached through. @default one that is made here */
  ingestVpcEndpointIds: string[];
  /** ARN of the web ACL before a public one. @default none */
  ingestWebAclArn?: string;
}

/** Version of the routes and their answers: what would break a producer gets another one. */
const STAGE = 'v1';

/** TLS 1.2 or 1.3, with forward secrecy, and a key exchange that holds against quantum computers where the client has one. */
const SECURITY_POLICY = 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09';

/** What is let through at once after a pause, in seconds of the steady rate. */
const BURST_SECONDS = 2;

const THROTTLED = 429;

/** Of a request what tells who sent it, how and with what outcome. Nothing that its sender wrote is among it. */
const ACCESS_LOG_FIELDS = {
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  caller: '$context.identity.userArn',
  sourceIp: '$context.identity.sourceIp',
  vpcEndpointId: '$context.identity.vpceId',
  apiKeyId: '$context.identity.apiKeyId',
  httpMethod: '$context.httpMethod',
  resourcePath: '$context.resourcePath',
  status: '$context.status',
  refusal: '$context.error.responseType',
  webAcl: '$context.wafResponseCode',
  integrationStatus: '$context.integration.status',
  integrationLatency: '$context.integration.latency',
  responseLatency: '$context.responseLatency',
  responseLength: '$context.responseLength',
  tlsVersion: '$context.tlsVersion',
};

/** An HTTPS front of the stream for producers that do not speak Kinesis: API Gateway validates requests and puts them there. */
export class Ingest extends pulumi.ComponentResource {
  public readonly api: aws.apigateway.RestApi;
  public readonly stage: aws.apigateway.Stage;
  /** Puts records on the stream. */
  public readonly role: aws.iam.Role;
  public readonly logGroup: aws.cloudwatch.LogGroup;
  /** Where a private one has no endpoints but its own. */
  public readonly endpoint?: IngestEndpoint;
  /** Where there is a quota: the id of the key, which is no secret. */
  public readonly apiKeyId?: pulumi.Output<string>;

  constructor(
    private readonly name: string,
    private readonly args: IngestArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:ingest:Ingest', name, {}, opts);
    const { names, region, logs, ingest, ingestVpcEndpointIds, ingestDailyQuota } = args;

    this.logGroup = createLogGroup(`${name}-log`, names.logGroups.ingest, 'audit', logs, this);
    this.role = this.createRole();
    const grant = this.createPolicy();
    this.api = this.createApi();
    const invocations = pulumi.interpolate`${this.api.executionArn}/${STAGE}/POST/*`;
    if (ingest === 'private' && ingestVpcEndpointIds.length === 0) {
      this.endpoint = new IngestEndpoint(`${name}-endpoint`, { ...args, invocations }, { parent: this });
    }
    const policy = policyDocument(this.apiStatements(invocations));
    const { deployment } = new IngestRoutes(
      `${name}-routes`,
      {
        api: this.api,
        policy,
        after: [grant, new aws.apigateway.RestApiPolicy(name, { restApiId: this.api.id, policy }, { parent: this })],
        region,
        apiKeyRequired: ingestDailyQuota !== undefined,
        roleArn: this.role.arn,
      },
      { parent: this },
    );
    this.stage = this.createStage(deployment);
    this.limit();
    this.countThrottles();
    this.allowProducers('invoke', [
      { Sid: 'InvokeIngest', Effect: 'Allow', Action: 'execute-api:Invoke', Resource: invocations },
    ]);
    if (ingestDailyQuota !== undefined) this.apiKeyId = this.createQuota(ingestDailyQuota);

    this.registerOutputs({ apiId: this.api.id, url: this.stage.invokeUrl });
  }

  private createRole(): aws.iam.Role {
    return new aws.iam.Role(
      `${this.name}-role`,
      {
        name: this.args.names.of('ingestRole'),
        description: 'Puts on the stream what producers send over HTTPS',
        assumeRolePolicy: trustService('apigateway.amazonaws.com'),
      },
      { parent: this },
    );
  }

  private createPolicy(): aws.iam.RolePolicy {
    const { region, kmsKeyArn, stream } = this.args;
    return new aws.iam.RolePolicy(
      `${this.name}-policy`,
      {
        name: 'access',
        role: this.role.name,
        policy: policyDocument(putTransactions(stream.stream, kmsKeyArn, region)),
      },
      { parent: this },
    );
  }

  private createApi(): aws.apigateway.RestApi {
    return new aws.apigateway.RestApi(
      this.name,
      {
        name: this.args.names.of('ingest'),
        description: 'Takes transactions over HTTPS and puts them on the stream',
        endpointConfiguration: { types: this.args.ingest === 'public' ? 'REGIONAL' : 'PRIVATE' },
        securityPolicy: SECURITY_POLICY,
        endpointAccessMode: 'STRICT', // TLS must ask for the name that the request is for
      },
      { parent: this },
    );
  }

  /** Naming the account leaves it to the policies of its principals who may invoke; those of other accounts assume a role. */
  private apiStatements(invocations: pulumi.Output<string>): Statement[] {
    const { accountId, ingest, ingestVpcEndpointIds } = this.args;
    const account: Statement = {
      Sid: 'AccountInvokes',
      Effect: 'Allow',
      Principal: { AWS: pulumi.interpolate`arn:aws:iam::${accountId}:root` },
      Action: 'execute-api:Invoke',
      Resource: invocations,
    };
    if (ingest === 'public') return [account];
    const elsewhere: Statement = {
      Sid: 'KnownEndpointsOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: 'execute-api:Invoke',
      Resource: invocations,
      Condition: {
        StringNotEquals: { 'aws:SourceVpce': this.endpoint ? [this.endpoint.endpoint.id] : ingestVpcEndpointIds },
      },
    };
    return [account, elsewhere];
  }

  private createStage(deployment: aws.apigateway.Deployment): aws.apigateway.Stage {
    const { names, stream, ingestWebAclArn } = this.args;
    const stage = new aws.apigateway.Stage(
      `${this.name}-stage`,
      {
        restApi: this.api.id,
        deployment: deployment.id,
        stageName: STAGE,
        variables: { stream: stream.stream.name },
        cacheClusterEnabled: false,
        accessLogSettings: {
          destinationArn: this.logGroup.arn,
          format: JSON.stringify({ service: names.of('ingest'), ...ACCESS_LOG_FIELDS }),
        },
      },
      { parent: this },
    );
    if (ingestWebAclArn !== undefined) {
      new aws.wafv2.WebAclAssociation(
        `${this.name}-web-acl`,
        { resourceArn: stage.arn, webAclArn: ingestWebAclArn },
        { parent: this },
      );
    }
    return stage;
  }

  /** Execution logs stay off: they quote what the validation refuses, and lie in a log group that outlives the stack. */
  private limit(): void {
    const { ingestRequestsPerSecond } = this.args;
    new aws.apigateway.MethodSettings(
      `${this.name}-limits`,
      {
        restApi: this.api.id,
        stageName: this.stage.stageName,
        methodPath: '*/*',
        settings: {
          throttlingRateLimit: ingestRequestsPerSecond,
          throttlingBurstLimit: BURST_SECONDS * ingestRequestsPerSecond,
          loggingLevel: 'OFF',
          dataTraceEnabled: false,
          metricsEnabled: false,
          cachingEnabled: false,
        },
      },
      { parent: this },
    );
  }

  /** API Gateway counts them among all refusals only. */
  private countThrottles(): void {
    new aws.cloudwatch.LogMetricFilter(
      `${this.name}-throttles`,
      {
        name: 'throttles',
        logGroupName: this.logGroup.name,
        pattern: `{ $.status = "${THROTTLED}" }`,
        metricTransformation: {
          name: 'IngestThrottles',
          namespace: METRICS_NAMESPACE,
          value: '1',
          unit: 'Count',
          dimensions: { service: '$.service' },
        },
      },
      { parent: this },
    );
  }

  private createQuota(dailyQuota: number): pulumi.Output<string> {
    const { names, region } = this.args;
    const apiKeyId = createUsagePlan(
      `${this.name}-plan`,
      { names, apiId: this.api.id, stageName: this.stage.stageName, dailyQuota },
      this,
    );
    this.allowProducers('read-api-key', [
      {
        Sid: 'ReadApiKey',
        Effect: 'Allow',
        Action: 'apigateway:GET',
        Resource: pulumi.interpolate`arn:aws:apigateway:${region}::/apikeys/${apiKeyId}`,
      },
    ]);
    return apiKeyId;
  }

  private allowProducers(purpose: string, statements: Statement[]): void {
    const role = this.args.stream.producerRole.name;
    new aws.iam.RolePolicy(
      `${this.name}-${purpose}`,
      { name: purpose, role, policy: policyDocument(statements) },
      { parent: this },
    );
  }
}
