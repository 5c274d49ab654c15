import * as pulumi from '@pulumi/pulumi';
import type { Alerts } from './alerts';
import type { Archive } from './archive';
import type { AuditTrail } from './audit-trail';
import type { Cache } from './cache';
import type { Database } from './database';
import type { Ingest } from './ingest';
import type { Kms } from './kms';
import type { Monitoring } from './monitoring';
import type { Names } from './naming';
import type { Network } from './network';
import type { Processor } from './processor';
import type { PublicSubnets } from './public-subnets';
import type { Stream } from './stream';

export interface Parts {
  names: Names;
  region: string;
  dbSecretArn: pulumi.Output<string>;
  kms: Kms;
  network: Network;
  stream: Stream;
  cache: Cache;
  database: Database;
  processor: Processor;
  alerts: Alerts;
  archive?: Archive;
  auditTrail?: AuditTrail;
  ingest?: Ingest;
  monitoring: Monitoring;
}

const joined = (values: pulumi.Output<string>[]) => pulumi.all(values).apply((list) => list.join(','));

/** The outputs of the stack: strings and numbers only, nothing secret; several values of a kind are joined by commas. */
export type StackOutputs = ReturnType<typeof stackOutputs>;

export function stackOutputs(parts: Parts) {
  const {
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
  } = parts;
  const { replicationGroup } = cache;
  const { instance } = database;
  return {
    environmentSuffix: pulumi.output(names.suffix),
    region: pulumi.output(region),

    vpcId: network.vpcId,
    privateSubnetIds: joined(network.privateSubnetIds),
    flowLogGroupName: network.flowLogGroupName,
    ...(network.publicSubnets && publicSubnetOutputs(network.publicSubnets)),

    kmsKeyId: kms.dataKey.keyId,
    kmsKeyArn: kms.dataKey.arn,
    monitoringKmsKeyArn: kms.monitoringKey.arn,

    kinesisStreamName: stream.stream.name,
    kinesisStreamArn: stream.stream.arn,
    kinesisRoleArn: stream.producerRole.arn,

    replicationGroupId: replicationGroup.replicationGroupId,
    redisEndpoint: replicationGroup.primaryEndpointAddress,
    redisPort: replicationGroup.port.apply((port) => port as number),
    redisUserId: cache.users.processor.userId,

    dbInstanceIdentifier: instance.identifier,
    rdsEndpoint: instance.address,
    rdsPort: instance.port,
    rdsDatabaseName: instance.dbName,
    dbSecretArn,

    processorFunctionName: processor.processor.function.name,
    processorFunctionArn: processor.processor.function.arn,
    logGroupName: processor.processor.logGroup.name,
    eventSourceMappingId: processor.eventSourceMapping.uuid,
    failedRecordsBucketName: processor.failedRecords.bucket.bucket,
    operationsFunctionName: processor.operations.function.name,
    operationsFunctionArn: processor.operations.function.arn,
    operationsLogGroupName: processor.operations.logGroup.name,
    operateAliasArn: processor.operate.alias.arn,
    operatorRoleArn: processor.operate.role.arn,
    approveAliasArn: processor.approve.alias.arn,
    approverRoleArn: processor.approve.role.arn,

    alertTopicArn: alerts.topic.arn,
    publisherFunctionName: alerts.publisher.function.name,
    publisherFunctionArn: alerts.publisher.function.arn,
    publisherLogGroupName: alerts.publisher.logGroup.name,

    ...(archive && archiveOutputs(archive)),
    ...(auditTrail && {
      auditTrailArn: auditTrail.trail.arn,
      auditTrailBucketName: auditTrail.bucket.bucket.bucket,
    }),
    ...(ingest && ingestOutputs(ingest)),

    alarmTopicArn: monitoring.topic.arn,
    alarmNames: joined(monitoring.alarmNames),
    dashboardName: monitoring.dashboardName,
  };
}

function archiveOutputs({ bucket, delivery, archiver }: Archive) {
  return {
    archiveBucketName: bucket.bucket.bucket,
    archiveDeliveryStreamName: delivery.stream.name,
    archiveDeliveryStreamArn: delivery.stream.arn,
    archiveRoleArn: delivery.role.arn,
    archiveLogGroupName: delivery.logGroup.name,
    archiverFunctionName: archiver.function.name,
    archiverFunctionArn: archiver.function.arn,
    archiverRoleArn: archiver.function.role,
    archiverLogGroupName: archiver.logGroup.name,
  };
}

function publicSubnetOutputs({ subnetIds, internetGatewayId, addresses }: PublicSubnets) {
  return {
    publicSubnetIds: joined(subnetIds),
    internetGatewayId,
    ...(addresses.length > 0 && { natAddresses: joined(addresses) }),
  };
}

function ingestOutputs({ api, stage, role, logGroup, endpoint, apiKeyId }: Ingest) {
  return {
    ingestUrl: stage.invokeUrl,
    ingestApiId: api.id,
    ingestApiName: api.name,
    ingestStageName: stage.stageName,
    ingestRoleArn: role.arn,
    ingestLogGroupName: logGroup.name,
    ...(endpoint && {
      ingestVpcEndpointId: endpoint.endpoint.id,
      producersSecurityGroupId: endpoint.producersSecurityGroup.id,
    }),
    ...(apiKeyId && { ingestApiKeyId: apiKeyId }),
  };
}
