import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { type Bundle, bundle, databaseDigests } from './bundle';
import type { Cache } from './cache';
import { ENTRY_POINTS } from './compile';
import { DATABASE_NAME, type Database } from './database';
import { FailedRecords } from './failed-records';
import { NetworkFunction } from './function';
import type { LogSettings } from './log-group';
import type { Names } from './naming';
import type { Network } from './network';
import { policyDocument, type Statement, trustPrincipals, useKey } from './policies';

export interface ProcessorArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  /** Folder that holds `processor/`, absolute. */
  projectRoot: string;
  /** Rule-set file to deploy, absolute. */
  ruleSetFile: string;
  network: Network;
  stream: aws.kinesis.Stream;
  cache: Cache;
  database: Database;
  /** The existing secret with the master credentials, which only the operations function reads. */
  dbSecretArn: pulumi.Input<string>;
  /** The customer-managed key of that secret, if it has one. */
  dbSecretKeyArn?: string;
  /** ARN of the key that encrypts stream and failed records. */
  kmsKeyArn: pulumi.Input<string>;
  /** Records in a batch at most, 1 to 10,000. */
  batchSize: number;
  /** Seconds, 0 to 300. */
  batchingWindowSeconds: number;
  /** Batches of one shard in work at a time, 1 to 10. */
  parallelizationFactor: number;
  /** Attempts after the first, 0 to 10,000. */
  maxRetryAttempts: number;
  /** Seconds, 60 to 604,800. */
  maxRecordAgeSeconds: number;
  processorMemoryMib: number;
  operationsMemoryMib: number;
  /** ARNs of who may assume the operator role. */
  operatorPrincipals: string[];
  logs: LogSettings;
  ephemeral: boolean;
}

/** Namespace of the metrics that the stream's function writes to its log. */
export const METRICS_NAMESPACE = 'JapanCart/TransactionMonitoring';

/** Database roles that the migrations create, both signing in through IAM. */
const DATABASE_ROLES = { processor: 'tap_processor', operations: 'tap_operator' };

/** A batch takes well under a second; the rest is room for connections to be made anew after a failover. */
const PROCESSOR_TIMEOUT_SECONDS = 60;

/** A migration may have to rewrite a table. */
const OPERATIONS_TIMEOUT_SECONDS = 300;

/**
 * The stream's function and its event source mapping, and the operations function, through which the deployment
 * migrates the database and operators look into it.
 */
export class Processor extends pulumi.ComponentResource {
  public readonly processor: NetworkFunction;
  public readonly operations: NetworkFunction;
  public readonly failedRecords: FailedRecords;
  public readonly eventSourceMapping: aws.lambda.EventSourceMapping;
  /** May invoke the operations function, and nothing else. */
  public readonly operatorRole: aws.iam.Role;

  constructor(
    private readonly name: string,
    private readonly args: ProcessorArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:processor:Processor', name, {}, opts);
    const { names, accountId, kmsKeyArn, ephemeral } = args;

    this.failedRecords = new FailedRecords(
      `${name}-failed`,
      { names, accountId, kmsKeyArn, ephemeral },
      { parent: this },
    );
    const files = pulumi.output(bundle({ ...args, entryPoints: ENTRY_POINTS }));
    this.operations = this.createOperations(files.operations);
    const migration = this.migrate();
    this.processor = this.createProcessor(files.processor, migration);
    this.eventSourceMapping = this.createEventSourceMapping();
    this.operatorRole = this.createOperatorRole();

    this.registerOutputs({
      processorFunctionName: this.processor.function.name,
      operationsFunctionName: this.operations.function.name,
    });
  }

  private createOperations(files: pulumi.Input<Bundle>): NetworkFunction {
    const { names, network, dbSecretArn, dbSecretKeyArn, region } = this.args;
    const secretKey = dbSecretKeyArn
      ? [useKey('DecryptCredentials', 'kms:Decrypt', dbSecretKeyArn, `secretsmanager.${region}.amazonaws.com`)]
      : [];
    return new NetworkFunction(
      `${this.name}-operations`,
      {
        ...this.common(),
        functionName: names.of('operations'),
        description: 'Migrates the database and answers operators',
        roleName: names.of('operationsRole'),
        logGroupName: names.logGroups.operations,
        logKind: 'audit',
        files,
        memoryMib: this.args.operationsMemoryMib,
        timeoutSeconds: OPERATIONS_TIMEOUT_SECONDS,
        securityGroupId: network.securityGroupIds.operations,
        environment: { ...this.environment('operations'), DATABASE_SECRET_ARN: dbSecretArn },
        permissions: [
          this.connectToDatabase('operations'),
          {
            Sid: 'ReadCredentials',
            Effect: 'Allow',
            Action: 'secretsmanager:GetSecretValue',
            Resource: dbSecretArn,
          },
          ...secretKey,
        ],
      },
      { parent: this },
    );
  }

  /**
   * Migrates the database when a migration or the rule set changes. The stream's function comes after it, so new code
   * never meets an old schema; the network as a whole comes before, since the function needs its endpoint and rules.
   */
  private migrate(): aws.lambda.Invocation {
    return new aws.lambda.Invocation(
      `${this.name}-migration`,
      {
        functionName: this.operations.function.name,
        input: JSON.stringify({ action: 'migrate' }),
        lifecycleScope: 'CREATE_ONLY',
        triggers: databaseDigests(this.args),
      },
      { parent: this, dependsOn: [this.args.network] },
    );
  }

  private createProcessor(files: pulumi.Input<Bundle>, migration: pulumi.Resource): NetworkFunction {
    const { names, network, cache } = this.args;
    return new NetworkFunction(
      `${this.name}-stream`,
      {
        ...this.common(),
        functionName: names.of('processor'),
        description: 'Judges every transaction of the stream',
        roleName: names.of('processorRole'),
        logGroupName: names.logGroups.processor,
        logKind: 'operational',
        files,
        memoryMib: this.args.processorMemoryMib,
        timeoutSeconds: PROCESSOR_TIMEOUT_SECONDS,
        securityGroupId: network.securityGroupIds.processor,
        environment: {
          ...this.environment('processor'),
          POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
          REDIS_HOST: cache.replicationGroup.primaryEndpointAddress,
          REDIS_PORT: pulumi.interpolate`${cache.replicationGroup.port}`,
          REDIS_USER: cache.processorUser.userId,
          REDIS_REPLICATION_GROUP: cache.replicationGroup.replicationGroupId,
        },
        permissions: this.processorPermissions(),
        after: [migration, this.failedRecords],
      },
      { parent: this },
    );
  }

  private processorPermissions(): Statement[] {
    const { stream, cache, kmsKeyArn, region } = this.args;
    const { bucket } = this.failedRecords;
    return [
      {
        Sid: 'ReadStream',
        Effect: 'Allow',
        Action: [
          'kinesis:DescribeStream',
          'kinesis:DescribeStreamSummary',
          'kinesis:GetRecords',
          'kinesis:GetShardIterator',
          'kinesis:ListShards',
        ],
        Resource: stream.arn,
      },
      useKey('DecryptRecords', 'kms:Decrypt', kmsKeyArn, `kinesis.${region}.amazonaws.com`),
      this.connectToDatabase('processor'),
      {
        Sid: 'ConnectToCache',
        Effect: 'Allow',
        Action: 'elasticache:Connect',
        Resource: [cache.replicationGroup.arn, cache.processorUser.arn],
      },
      {
        Sid: 'KeepFailedRecords',
        Effect: 'Allow',
        Action: 's3:PutObject',
        Resource: pulumi.interpolate`${bucket.arn}/aws/lambda/*`, // the prefix that Lambda writes under
      },
      { Sid: 'FindFailedRecordBucket', Effect: 'Allow', Action: 's3:ListBucket', Resource: bucket.arn },
      useKey('EncryptFailedRecords', 'kms:GenerateDataKey', kmsKeyArn, `s3.${region}.amazonaws.com`),
    ];
  }

  private createEventSourceMapping(): aws.lambda.EventSourceMapping {
    const { args, processor } = this;
    return new aws.lambda.EventSourceMapping(
      `${this.name}-stream`,
      {
        eventSourceArn: args.stream.arn,
        functionName: processor.function.arn,
        startingPosition: 'TRIM_HORIZON',
        batchSize: args.batchSize,
        maximumBatchingWindowInSeconds: args.batchingWindowSeconds,
        parallelizationFactor: args.parallelizationFactor,
        bisectBatchOnFunctionError: true,
        maximumRetryAttempts: args.maxRetryAttempts,
        maximumRecordAgeInSeconds: args.maxRecordAgeSeconds,
        functionResponseTypes: ['ReportBatchItemFailures'],
        destinationConfig: { onFailure: { destinationArn: this.failedRecords.bucket.arn } },
        metricsConfig: { metrics: ['EventCount'] },
      },
      { parent: this, dependsOn: [processor.policy, args.network] },
    );
  }

  private createOperatorRole(): aws.iam.Role {
    const { names, accountId, operatorPrincipals } = this.args;
    const role = new aws.iam.Role(
      `${this.name}-operator`,
      {
        name: names.of('operatorRole'),
        description: 'Invokes the operations function',
        assumeRolePolicy: trustPrincipals(operatorPrincipals, accountId),
      },
      { parent: this },
    );
    new aws.iam.RolePolicy(
      `${this.name}-operator`,
      {
        name: 'access',
        role: role.name,
        policy: policyDocument([
          {
            Sid: 'InvokeOperations',
            Effect: 'Allow',
            Action: 'lambda:InvokeFunction',
            Resource: this.operations.function.arn,
          },
        ]),
      },
      { parent: this },
    );
    return role;
  }

  /** What both functions have in common. */
  private common() {
    const { logs, region, accountId, network } = this.args;
    return {
      logs,
      region,
      accountId,
      subnetIds: network.privateSubnetIds,
      defaultSecurityGroupId: network.defaultSecurityGroupId,
    };
  }

  private environment(member: keyof typeof DATABASE_ROLES): Record<string, pulumi.Input<string>> {
    const { instance } = this.args.database;
    return {
      ENVIRONMENT_SUFFIX: this.args.names.suffix,
      POWERTOOLS_LOG_LEVEL: 'INFO',
      DATABASE_HOST: instance.address,
      DATABASE_PORT: pulumi.interpolate`${instance.port}`,
      DATABASE_NAME,
      DATABASE_USER: DATABASE_ROLES[member],
    };
  }

  private connectToDatabase(member: keyof typeof DATABASE_ROLES): Statement {
    const { region, accountId, database } = this.args;
    const user = pulumi.interpolate`${database.instance.resourceId}/${DATABASE_ROLES[member]}`;
    return {
      Sid: 'ConnectToDatabase',
      Effect: 'Allow',
      Action: 'rds-db:connect',
      Resource: pulumi.interpolate`arn:aws:rds-db:${region}:${accountId}:dbuser:${user}`,
    };
  }
}
