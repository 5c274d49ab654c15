import { resolve } from 'node:path';
import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { createAccessLogs } from './access-logs';
import { Alerts } from './alerts';
import { Archive } from './archive';
import { AuditTrail } from './audit-trail';
import { bundle } from './bundle';
import { Cache } from './cache';
import { ENTRY_POINTS } from './compile';
import { Database } from './database';
import { Ingest } from './ingest';
import { Kms } from './kms';
import type { LogSettings } from './log-group';
import { Monitoring } from './monitoring';
import { Names } from './naming';
import { Network } from './network';
import { type StackOutputs, stackOutputs } from './outputs';
import { Processor } from './processor';
import type { StackConfig } from './stack-config';
import { Stream } from './stream';

/** The configuration, and where the processor's sources are. */
export interface TapStackArgs extends StackConfig {
  /** Folder that holds `processor/`, absolute. @default the project's */
  projectRoot?: string;
}

/** One environment: the way of a transaction from the stream through the processor to the database, and what watches it. */
export class TapStack extends pulumi.ComponentResource {
  /** What applications and tests need, flat. */
  public readonly outputs: StackOutputs;

  constructor(name: string, args: TapStackArgs, opts?: pulumi.ComponentResourceOptions) {
    super('tap:stack:TapStack', name, {}, opts);
    const { region, ephemeral } = args;
    const names = new Names(args.environmentSuffix);

    const provider = this.createProvider(name, args);
    const parent = { parent: this, providers: { aws: provider } };
    const invoke = { parent: this, provider };
    const { accountId } = aws.getCallerIdentityOutput({}, invoke);
    const { arn: dbSecretArn } = aws.secretsmanager.getSecretOutput({ name: args.dbSecretName }, invoke);

    const kms = new Kms(
      `${name}-kms`,
      {
        names,
        region,
        accountId,
        ephemeral,
        budget: args.monthlyBudgetUsd !== undefined,
        auditTrail: args.auditTrail !== 'none',
      },
      parent,
    );
    const kmsKeyArn = kms.dataKey.arn;
    const logs: LogSettings = {
      kmsKeyArn: kms.monitoringKey.arn,
      logRetentionDays: args.logRetentionDays,
      auditLogRetentionDays: args.auditLogRetentionDays,
      ephemeral,
    };
    const common = { names, region, accountId, ephemeral, kmsKeyArn, logs };

    const network = new Network(
      `${name}-network`,
      {
        ...args,
        ...common,
        range: args.networkRange,
        dbSecretArn,
      },
      parent,
    );
    const { securityGroupIds, privateSubnetIds: subnetIds } = network;
    const stream = new Stream(
      `${name}-stream`,
      {
        ...common,
        mode: args.streamMode,
        shardCount: args.shardCount,
        retentionHours: args.streamRetentionHours,
        producerPrincipals: args.producerPrincipals,
      },
      parent,
    );
    const cache = new Cache(
      `${name}-cache`,
      {
        ...common,
        engine: args.cacheEngine,
        nodeType: args.cacheNodeType,
        nodeCount: args.cacheNodeCount,
        subnetIds,
        securityGroupId: securityGroupIds.cache,
      },
      parent,
    );
    const database = new Database(
      `${name}-database`,
      {
        ...common,
        instanceClass: args.databaseClass,
        storageGib: args.databaseStorageGib,
        maxStorageGib: args.databaseMaxStorageGib,
        engineMajor: args.databaseEngineMajor,
        multiAz: args.databaseMultiAz,
        secretName: args.dbSecretName,
        subnetIds,
        securityGroupId: securityGroupIds.database,
      },
      parent,
    );
    const projectRoot = args.projectRoot ?? resolve(__dirname, '..');
    const files = pulumi.output(bundle({ ...args, projectRoot, entryPoints: ENTRY_POINTS }));
    const accessLogs = createAccessLogs(`${name}-access-logs`, common, parent);
    const processor = new Processor(
      `${name}-processor`,
      {
        ...args,
        ...common,
        projectRoot,
        files,
        network,
        stream: stream.stream,
        cache,
        database,
        dbSecretArn,
        accessLogs,
      },
      parent,
    );
    const alerts = new Alerts(
      `${name}-alerts`,
      { ...common, network, database, migration: processor.migration, files: files.publisher },
      parent,
    );
    const archive = args.archive
      ? new Archive(
          `${name}-archive`,
          {
            ...args,
            ...common,
            network,
            stream: stream.stream,
            database,
            migration: processor.migration,
            files: files.archiver,
            accessLogs,
          },
          parent,
        )
      : undefined;
    const auditTrail =
      args.auditTrail === 'none'
        ? undefined
        : new AuditTrail(
            `${name}-audit`,
            {
              ...common,
              kmsKeyArn: kms.monitoringKey.arn,
              accessLogs,
              managementEvents: args.auditTrail === 'all',
              buckets: [processor.failedRecords.bucket, ...(archive ? [archive.bucket.bucket] : [])],
              function: processor.operations.function,
              retentionDays: args.auditLogRetentionDays,
            },
            parent,
          );
    const { ingest: reach } = args;
    const ingest =
      reach === 'none'
        ? undefined
        : new Ingest(`${name}-ingest`, { ...args, ...common, ingest: reach, network, stream }, parent);
    const monitoring = new Monitoring(
      `${name}-monitoring`,
      {
        ...common,
        topicKeyArn: kms.monitoringKey.arn,
        alarmEmail: args.alarmEmail,
        monthlyBudgetUsd: args.monthlyBudgetUsd,
        trail: auditTrail?.trail,
        watchedKeyArns: [kms.dataKey.arn, kms.monitoringKey.arn],
        watched: {
          streamName: stream.stream.name,
          processorFunctionName: processor.processor.function.name,
          publisherFunctionName: alerts.publisher.function.name,
          operations: {
            functionName: processor.operations.function.name,
            fraudWarningPercent: args.fraudWarningPercent,
          },
          eventSourceMappingId: processor.eventSourceMapping.uuid,
          cacheNodeIds: cache.nodeIds,
          dbInstanceIdentifier: database.instance.identifier,
          databaseStorageGib: args.databaseStorageGib,
          peakTransactionsPerMinute: args.peakTransactionsPerMinute,
          archive: archive && {
            deliveryStreamName: archive.delivery.stream.name,
            functionName: archive.archiver.function.name,
            bufferSeconds: args.archiveBufferSeconds,
          },
          ingest: ingest && {
            apiName: ingest.api.name,
            peakTransactionsPerMinute: args.peakTransactionsPerMinute,
          },
        },
      },
      parent,
    );

    this.outputs = stackOutputs({
      names,
      region,
      dbSecretArn,
      kms,
      network,
      stream,
      cache,
      database,
      processor,
      alerts,
      archive,
      auditTrail,
      ingest,
      monitoring,
    });
    this.registerOutputs(this.outputs);
  }

  private createProvider(name: string, args: TapStackArgs): aws.Provider {
    return new aws.Provider(
      `${name}-aws`,
      {
        region: args.region as aws.Region,
        ...(args.allowedAccountId && { allowedAccountIds: [args.allowedAccountId] }),
        defaultTags: {
          tags: {
            Project: 'japancart-transaction-monitoring',
            Environment: args.environmentSuffix,
            ManagedBy: 'pulumi',
            CostCenter: args.costCenter,
            DataClassification: args.dataClassification,
          },
        },
      },
      { parent: this },
    );
  }
}
