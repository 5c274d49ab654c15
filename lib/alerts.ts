import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Bundle } from './bundle';
import type { Database } from './database';
import { createInterfaceEndpoint } from './endpoints';
import { NetworkFunction } from './function';
import type { LogSettings } from './log-group';
import type { Names } from './naming';
import type { Network } from './network';
import { policyDocument, tlsOnlyTopic, useKey } from './policies';
import { invokeRegularly } from './schedule';

export interface AlertsArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  network: Network;
  database: Database;
  /** Makes the outbox; the publisher comes after it. */
  migration: pulumi.Resource;
  /** Archive of the publisher. */
  files: pulumi.Input<Bundle>;
  /** ARN of the key that encrypts the topic. */
  kmsKeyArn: pulumi.Input<string>;
  logs: LogSettings;
}

/** It holds a batch of ten alerts at a time. */
const PUBLISHER_MEMORY_MIB = 256;

/** As long as it takes until the next one starts. */
const PUBLISHER_TIMEOUT_SECONDS = 60;

/**
 * The way of alerts out of the system: a function that takes them from the database's outbox, and a topic that gives each
 * customer's to subscribers in order.
 */
export class Alerts extends pulumi.ComponentResource {
  public readonly topic: aws.sns.Topic;
  public readonly publisher: NetworkFunction;

  constructor(
    private readonly name: string,
    private readonly args: AlertsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:alerts:Alerts', name, {}, opts);

    this.topic = this.createTopic();
    const endpoint = this.createEndpoint();
    this.publisher = this.createPublisher(endpoint);
    invokeRegularly(
      `${name}-publish`,
      {
        ruleName: args.names.of('publishRule'),
        description: 'Has alerts that wait in the outbox published',
        rate: 'rate(1 minute)',
        function: this.publisher.function,
        event: {},
      },
      this,
    );

    this.registerOutputs({ topicArn: this.topic.arn, publisherFunctionName: this.publisher.function.name });
  }

  /** In its own account a policy of a principal suffices to publish and to subscribe, so the topic has to deny it. */
  private createTopic(): aws.sns.Topic {
    const { names, region, accountId, kmsKeyArn } = this.args;
    const name = `${names.of('alertTopic')}.fifo`;
    const arn = pulumi.interpolate`arn:aws:sns:${region}:${accountId}:${name}`;
    return new aws.sns.Topic(
      `${this.name}-topic`,
      {
        name,
        fifoTopic: true,
        contentBasedDeduplication: false,
        kmsMasterKeyId: kmsKeyArn,
        policy: policyDocument([
          tlsOnlyTopic(arn),
          {
            Sid: 'PublisherOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 'sns:Publish',
            Resource: arn,
            Condition: {
              ArnNotEquals: {
                'aws:PrincipalArn': pulumi.interpolate`arn:aws:iam::${accountId}:role/${names.of('publisherRole')}`,
              },
            },
          },
          {
            Sid: 'OwnQueuesOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 'sns:Subscribe',
            Resource: arn,
            Condition: { StringNotLike: { 'sns:Endpoint': pulumi.interpolate`arn:aws:sqs:*:${accountId}:*` } },
          },
        ]),
      },
      { parent: this },
    );
  }

  private createEndpoint(): aws.ec2.VpcEndpoint {
    return createInterfaceEndpoint(
      `${this.name}-sns`,
      {
        ...this.args,
        service: 'sns',
        permits: { Sid: 'AlertsOnly', Action: 'sns:Publish', Resource: this.topic.arn },
      },
      this,
    );
  }

  private createPublisher(endpoint: pulumi.Resource): NetworkFunction {
    const { region, kmsKeyArn, database, network, migration } = this.args;
    return new NetworkFunction(
      `${this.name}-publisher`,
      {
        ...this.args,
        member: 'publisher',
        description: 'Publishes the alerts of the outbox',
        logKind: 'operational',
        memoryMib: PUBLISHER_MEMORY_MIB,
        timeoutSeconds: PUBLISHER_TIMEOUT_SECONDS,
        signIns: [database.signIn('tap_publisher')],
        environment: { ALERT_TOPIC_ARN: this.topic.arn },
        permissions: [
          { Sid: 'PublishAlerts', Effect: 'Allow', Action: 'sns:Publish', Resource: this.topic.arn },
          useKey('EncryptAlerts', ['kms:Decrypt', 'kms:GenerateDataKey'], kmsKeyArn, `sns.${region}.amazonaws.com`),
        ],
        after: [migration, network, endpoint],
      },
      { parent: this },
    );
  }
}
