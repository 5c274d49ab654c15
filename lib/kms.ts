import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { auditTrailArn } from './audit-trail';
import type { Names } from './naming';
import { policyDocument, type Statement } from './policies';

export interface KmsArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  /** Whether a budget tells the alarm topic. */
  budget: boolean;
  /** Whether a trail is encrypted with the monitoring key. */
  auditTrail: boolean;
  /** Whether keys may be deleted after the shortest window. */
  ephemeral: boolean;
}

/** Days between a key's deletion being asked for and done: the shortest and the longest AWS offers. */
const DELETION_WINDOW_DAYS = { ephemeral: 7, kept: 30 };

/** What administering a key takes; using it is left to the statements that name a service. */
const ADMINISTRATION = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

const USE = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'];

/**
 * Two customer-managed keys: one for payment data at rest, one for logs and alarms, so that reading a log never takes
 * the right to read a payment. Their policies name the account and services, never a role of this stack (AWS refuses a
 * principal that is not there yet); roles are granted use through their own policies.
 */
export class Kms extends pulumi.ComponentResource {
  /** Encrypts stream, cache, database, failed records, archive and alerts. */
  public readonly dataKey: aws.kms.Key;
  /** Encrypts log groups, the alarm topic and the audit trail. */
  public readonly monitoringKey: aws.kms.Key;

  private readonly root: pulumi.Output<string>;

  constructor(
    private readonly name: string,
    private readonly args: KmsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:kms:Kms', name, {}, opts);
    this.root = pulumi.interpolate`arn:aws:iam::${args.accountId}:root`;

    this.dataKey = this.createKey('data', args.names.of('dataKey'), 'Payment data at rest', this.dataStatements());
    this.monitoringKey = this.createKey(
      'monitoring',
      args.names.of('monitoringKey'),
      'Logs and alarms',
      this.monitoringStatements(),
    );

    this.registerOutputs({ dataKeyArn: this.dataKey.arn, monitoringKeyArn: this.monitoringKey.arn });
  }

  private createKey(purpose: string, aliasName: string, description: string, uses: Statement[]): aws.kms.Key {
    const { ephemeral } = this.args;
    const administration: Statement = {
      Sid: 'AccountAdministers',
      Effect: 'Allow',
      Principal: { AWS: this.root },
      Action: ADMINISTRATION,
      Resource: '*',
    };
    const key = new aws.kms.Key(
      `${this.name}-${purpose}`,
      {
        description,
        enableKeyRotation: true,
        deletionWindowInDays: ephemeral ? DELETION_WINDOW_DAYS.ephemeral : DELETION_WINDOW_DAYS.kept,
        policy: policyDocument([administration, ...uses]),
      },
      { parent: this, protect: !ephemeral },
    );
    new aws.kms.Alias(
      `${this.name}-${purpose}-alias`,
      { name: `alias/${aliasName}`, targetKeyId: key.arn },
      { parent: this },
    );
    return key;
  }

  private dataStatements(): Statement[] {
    return [
      this.useThrough(['elasticache', 'kinesis', 'rds', 's3', 'sns']),
      {
        Sid: 'StoresHoldGrants',
        Effect: 'Allow',
        Principal: { AWS: this.root },
        Action: 'kms:CreateGrant',
        Resource: '*',
        Condition: {
          StringEquals: { 'kms:ViaService': this.services(['elasticache', 'rds']) },
          Bool: { 'kms:GrantIsForAWSResource': 'true' },
        },
      },
    ];
  }

  private monitoringStatements(): Statement[] {
    const { names, region, accountId } = this.args;
    const logGroupArns = Object.values(names.logGroups).map(
      (logGroup) => pulumi.interpolate`arn:aws:logs:${region}:${accountId}:log-group:${logGroup}`,
    );
    return [
      this.useThrough(this.args.auditTrail ? ['s3', 'sns'] : ['sns']),
      {
        Sid: 'LogsEncrypt',
        Effect: 'Allow',
        Principal: { Service: `logs.${region}.amazonaws.com` },
        Action: ['kms:Decrypt*', 'kms:Describe*', 'kms:Encrypt*', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
        Resource: '*',
        Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroupArns } },
      },
      {
        Sid: 'AlarmsReachTheTopic',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Resource: '*',
        Condition: {
          StringEquals: { 'aws:SourceAccount': accountId },
          ArnLike: {
            'aws:SourceArn': pulumi.interpolate`arn:aws:cloudwatch:${region}:${accountId}:alarm:cloudwatch-*-${names.suffix}`,
          },
        },
      },
      {
        // EventBridge sends no source with its requests to KMS: a condition on one would lose its messages unseen.
        Sid: 'EventsReachTheTopic',
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Resource: '*',
      },
      ...this.budgetStatements(),
      ...this.auditTrailStatements(),
    ];
  }

  /** The topic's policy says whose budgets it takes messages from. */
  private budgetStatements(): Statement[] {
    if (!this.args.budget) return [];
    return [
      {
        Sid: 'BudgetReachesTheTopic',
        Effect: 'Allow',
        Principal: { Service: 'budgets.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Resource: '*',
      },
    ];
  }

  /** Objects under a bucket's key name the bucket as their context, not the trail: the source tells them apart. */
  private auditTrailStatements(): Statement[] {
    const { auditTrail, names, region, accountId } = this.args;
    if (!auditTrail) return [];
    return [
      {
        Sid: 'CloudTrailEncrypts',
        Effect: 'Allow',
        Principal: { Service: 'cloudtrail.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey*'],
        Resource: '*',
        Condition: { StringEquals: { 'aws:SourceArn': auditTrailArn(names, region, accountId) } },
      },
    ];
  }

  /** Principals of the account may use the key as their own policies say, but only for what these services store. */
  private useThrough(services: string[]): Statement {
    return {
      Sid: 'AccountUsesThroughServices',
      Effect: 'Allow',
      Principal: { AWS: this.root },
      Action: USE,
      Resource: '*',
      Condition: {
        StringEquals: { 'kms:CallerAccount': this.args.accountId, 'kms:ViaService': this.services(services) },
      },
    };
  }

  private services(services: string[]): string[] {
    return services.map((service) => `${service}.${this.args.region}.amazonaws.com`);
  }
}
