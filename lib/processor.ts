import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Bucket } from './bucket';
import { type Bundle, databaseDigests } from './bundle';
import type { Cache } from './cache';
import type { Database } from './database';
import { FailedRecords } from './failed-records';
import { NetworkFunction } from './function';
import type { LogSettings } from './log-group';
import type { NameKey, Names } from './naming';
import type { Network } from './network';
import { policyDocument, type Statement, trustPrincipals, useKey } from './policies';
import { invokeRegularly } from './schedule';

export interface ProcessorArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  /** Folder that holds `processor/`, absolute. */
  projectRoot: string;
  /** Rule-set file to deploy, absolute. */
  ruleSetFile: string;
  /** Archives of the two functions. */
  files: pulumi.Output<Record<'processor' | 'operations', Bundle>>;
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
  /** Where accesses to failed records are logged. */
  accessLogs: Bucket;
  /** How long after others of its time a transaction may arrive, minutes, 0 to 1,440. */
  allowedLatenessMinutes: number;
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
  /** ARNs of who may assume the approver role. */
  approverPrincipals: string[];
  logs: LogSettings;
  ephemeral: boolean;
}

/** A batch takes well under a second; the rest is room for connections to be made anew after a failover. */
const PROCESSOR_TIMEOUT_SECONDS = 60;

/** The longest Lambda allows: a migration may have to rewrite a table, a rebuild or a replay reads a day or more. */
const OPERATIONS_TIMEOUT_SECONDS = 900;

/** An alias of the operations function, and the one role that may invoke it. */
interface Entrance {
  alias: aws.lambda.Alias;
  role: aws.iam.Role;
}

/**
 * The stream's function and its event source mapping, and the operations function, through which the deployment
 * migrates the database, operators look into it and approvers put rules into force.
 */
export class Processor extends pulumi.ComponentResource {
  public readonly processor: NetworkFunction;
  public readonly operations: NetworkFunction;
  public readonly migration: aws.lambda.Invocation;
  public readonly failedRecords: FailedRecords;
  public readonly eventSourceMapping: aws.lambda.EventSourceMapping;
  /** Where the operations function is asked. */
  public readonly operate: Entrance;
  /** Where it takes the consent of a second person. */
  public readonly approve: Entrance;

  constructor(
    private readonly name: string,
    private readonly args: ProcessorArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:processor:Processor', name, {}, opts);
    const { names, accountId, kmsKeyArn, accessLogs, ephemeral } = args;

    this.failedRecords = new FailedRecords(
      `${name}-failed`,
      { names, accountId, kmsKeyArn, accessLogs, ephemeral },
      { parent: this },
    );
    this.operations = this.createOperations();
    this.migration = this.migrate();
    this.processor = this.createProcessor();
    this.eventSourceMapping = this.createEventSourceMapping();
    this.operate = this.createEntrance('operate', 'operator', args.operatorPrincipals);
    this.approve = this.createEntrance('approve', 'approver', args.approverPrincipals);
    // Does nothing while histories are whole; after a failover it makes them so.
    this.askRegularly('rebuild', 'rebuildRule', 'rate(15 minutes)', 'Has histories that lost something rebuilt');
    this.askRegularly('verify-chain', 'verifyChainRule', 'rate(1 hour)', 'Has the audit chain verified');
    this.askRegularly('merchants-at-risk', 'merchantsAtRiskRule', 'rate(1 hour)', 'Has confirmed fraud summed up');

    this.registerOutputs({
      processorFunctionName: this.processor.function.name,
      operationsFunctionName: this.operations.function.name,
    });
  }

  private createOperations(): NetworkFunction {
    const { files, cache, database, dbSecretArn, dbSecretKeyArn, region } = this.args;
    const secretKey = dbSecretKeyArn
      ? [useKey('DecryptCredentials', 'kms:Decrypt', dbSecretKeyArn, `secretsmanager.${region}.amazonaws.com`)]
      : [];
    return new NetworkFunction(
      `${this.name}-operations`,
      {
        ...this.args,
        member: 'operations',
        description: 'Migrates the database and answers operators',
        logKind: 'audit',
        files: files.operations,
        memoryMib: this.args.operationsMemoryMib,
        timeoutSeconds: OPERATIONS_TIMEOUT_SECONDS,
        signIns: [database.signIn('tap_operator'), cache.signIn('operations')],
        environment: { ...this.lateness(), DATABASE_SECRET_ARN: dbSecretArn },
        permissions: [
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
   * Migrates the database when a migration or the rule set changes. The other functions come after it, so new code
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

  private createProcessor(): NetworkFunction {
    const { files, cache, database } = this.args;
    return new NetworkFunction(
      `${this.name}-stream`,
      {
        ...this.args,
        member: 'processor',
        description: 'Judges every transaction of the stream',
        logKind: 'operational',
        files: files.processor,
        memoryMib: this.args.processorMemoryMib,
        timeoutSeconds: PROCESSOR_TIMEOUT_SECONDS,
        signIns: [database.signIn('tap_processor'), cache.signIn('processor')],
        environment: this.lateness(),
        permissions: this.processorPermissions(),
        after: [this.migration, this.failedRecords],
      },
      { parent: this },
    );
  }

  private lateness() {
    return { ALLOWED_LATENESS_MINUTES: String(this.args.allowedLatenessMinutes) };
  }

  private processorPermissions(): Statement[] {
    const { stream, kmsKeyArn, region } = this.args;
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

  /** The function tells by the alias who asks; a policy that names the function alone admits to neither. */
  private createEntrance(aliasName: string, member: 'operator' | 'approver', principals: string[]): Entrance {
    const { names, accountId } = this.args;
    const name = `${this.name}-${member}`;
    const alias = new aws.lambda.Alias(
      name,
      { name: aliasName, functionName: this.operations.function.name, functionVersion: '$LATEST' },
      { parent: this },
    );
    const role = new aws.iam.Role(
      name,
      {
        name: names.of(`${member}Role`),
        description: `Invokes the operations function under its alias ${aliasName}`,
        assumeRolePolicy: trustPrincipals(principals, accountId),
      },
      { parent: this },
    );
    new aws.iam.RolePolicy(
      name,
      {
        name: 'access',
        role: role.name,
        policy: policyDocument([
          {
            Sid: 'InvokeOperations',
            Effect: 'Allow',
            Action: 'lambda:InvokeFunction',
            Resource: pulumi.interpolate`${this.operations.function.arn}:${alias.name}`,
          },
        ]),
      },
      { parent: this },
    );
    return { alias, role };
  }

  /** What the operations function is asked again and again, as an operator asks. */
  private askRegularly(action: string, rule: NameKey, rate: string, description: string): void {
    invokeRegularly(
      `${this.name}-${action}`,
      {
        ruleName: this.args.names.of(rule),
        description,
        rate,
        function: this.operations.function,
        alias: this.operate.alias,
        event: { action },
      },
      this,
    );
  }
}
