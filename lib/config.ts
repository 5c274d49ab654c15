import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { rdsAuthorities } from './authorities';
import { ingestConfig } from './ingest-settings';
import { checkSuffix, NameError } from './naming';
import { checkNetwork, networkConfig } from './network-settings';
import { Settings } from './settings';
import { CACHE_NODE_TYPES, cacheProblem, shardsFor } from './sizing';
import type { StackConfig } from './stack-config';

/** Folder that holds `processor/`, whatever the working directory is. */
const PROJECT_ROOT = resolve(__dirname, '..');

/** Retention periods that CloudWatch Logs takes, days. */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Months of audit events that PCI DSS 10.5.1 asks for, as CloudWatch counts them. */
const AUDIT_DAYS = 365;

/** How long Japanese tax law has a company keep what documents its trade (法人税法施行規則 59), with leap days. */
const SEVEN_YEARS_DAYS = 2_557;

const PRINCIPAL = /^arn:aws:iam::\d{12}:(root|(role|user)\/[\w+=,.@/-]+)$/;
const PRINCIPAL_FORM = 'ARNs of IAM roles, users or account roots (arn:aws:iam::123456789012:role/shop)';
const TAG_VALUE = /^[\w .:/=+@-]{1,256}$/;
const TAG_FORM = '1 to 256 letters, digits, spaces and _ . : / = + - @';

/**
 * Reads and checks the configuration before the first resource.
 *
 * @throws ConfigError naming every bad setting with its limit and the fix.
 */
export function loadConfig(): StackConfig {
  const settings = new Settings();
  const suffix = environmentSuffix(settings);
  const config: StackConfig = {
    environmentSuffix: suffix,
    region: region(settings),
    allowedAccountId: settings.optionalText('allowedAccountId', /^\d{12}$/, 'the twelve digits of an AWS account'),
    ephemeral: settings.flag('ephemeral', false),
    costCenter: settings.text('costCenter', 'payments', TAG_VALUE, TAG_FORM),
    dataClassification: settings.text('dataClassification', 'confidential', TAG_VALUE, TAG_FORM),
    ...networkConfig(settings),
    ...streamConfig(settings),
    ...cacheConfig(settings),
    ...databaseConfig(settings, suffix),
    ...processorConfig(settings),
    ...archiveConfig(settings),
    ...ingestConfig(settings),
    ...monitoringConfig(settings),
  };
  checkTogether(settings, config);
  settings.finish();
  return config;
}

function environmentSuffix(settings: Settings): string {
  const suffix = settings.optional('environmentSuffix') ?? process.env.ENVIRONMENT_SUFFIX ?? pulumi.getStack();
  try {
    checkSuffix(suffix);
  } catch (error) {
    if (!(error instanceof NameError)) throw error;
    settings.reject('environmentSuffix', `(or ENVIRONMENT_SUFFIX, or the stack's name) ${error.message}`);
  }
  return suffix;
}

function region(settings: Settings): string {
  const value = settings.optional('region') ?? new pulumi.Config('aws').get('region') ?? 'ap-northeast-1';
  if (rdsAuthorities(value).length === 0) {
    settings.reject('region', `is "${value}": set it to a region of the aws partition that offers RDS`);
  }
  return value;
}

function streamConfig(settings: Settings) {
  const peak = {
    transactionsPerMinute: settings.integer('peakTransactionsPerMinute', 1_000, {
      min: 1,
      max: 1_000_000,
      unit: 'transactions',
    }),
    recordBytes: settings.integer('recordBytes', 1_024, { min: 100, max: 16_384, unit: 'bytes' }),
  };
  const streamMode = settings.oneOf('streamMode', 'PROVISIONED', ['PROVISIONED', 'ON_DEMAND']);
  const shardCount = settings.optionalInteger('shardCount', { min: 1, max: 1_000, unit: 'shards' });
  if (streamMode === 'ON_DEMAND' && shardCount !== undefined) {
    settings.reject('shardCount', 'has no meaning with streamMode ON_DEMAND: remove one of the two');
  }
  return {
    peakTransactionsPerMinute: peak.transactionsPerMinute,
    recordBytes: peak.recordBytes,
    streamMode,
    shardCount: streamMode === 'PROVISIONED' ? (shardCount ?? shardsFor(peak)) : undefined,
    streamRetentionHours: settings.integer('streamRetentionHours', 24, { min: 24, max: 8_760, unit: 'hours' }),
    producerPrincipals: settings.list('producerPrincipals', PRINCIPAL, PRINCIPAL_FORM),
  };
}

function cacheConfig(settings: Settings) {
  return {
    cacheEngine: settings.oneOf('cacheEngine', 'redis', ['redis', 'valkey']),
    cacheNodeType: settings.oneOf('cacheNodeType', 'cache.t4g.small', CACHE_NODE_TYPES),
    cacheNodeCount: settings.integer('cacheNodeCount', 2, { min: 1, max: 6, unit: 'nodes' }),
  };
}

function databaseConfig(settings: Settings, suffix: string) {
  return {
    databaseClass: settings.text(
      'databaseClass',
      'db.t4g.medium',
      /^db\.[a-z0-9]+(-[a-z]+)*\.(?!micro$)[a-z0-9]+$/,
      'an instance class other than a micro, whose memory IAM sign-in takes up, such as db.t4g.medium',
    ),
    databaseStorageGib: settings.integer('databaseStorageGib', 100, { min: 20, max: 399, unit: 'GiB' }),
    databaseMaxStorageGib: settings.integer('databaseMaxStorageGib', 500, { min: 22, max: 65_536, unit: 'GiB' }),
    databaseEngineMajor: settings.oneOf('databaseEngineMajor', '17', ['16', '17', '18']),
    databaseMultiAz: settings.flag('databaseMultiAz', true),
    dbSecretName: settings.text(
      'dbSecretName',
      `rds-credentials-${suffix}`,
      /^[\w/+=.@-]{1,512}$/,
      'the name of a Secrets Manager entry (letters, digits and / _ + = . @ -)',
    ),
    dbSecretKeyArn: settings.optionalText(
      'dbSecretKeyArn',
      /^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
      'the ARN of a KMS key (not of an alias)',
    ),
  };
}

function processorConfig(settings: Settings) {
  const memory = { min: 256, max: 10_240, unit: 'MiB' };
  const ruleSetFile = resolve(PROJECT_ROOT, settings.optional('ruleSetFile') ?? 'processor/rules/rule-set.json');
  if (!isJsonFile(ruleSetFile)) {
    settings.reject('ruleSetFile', `is ${ruleSetFile}, which is no readable JSON: set it to a rule-set file`);
  }
  return {
    allowedLatenessMinutes: settings.integer('allowedLatenessMinutes', 60, { min: 0, max: 1_440, unit: 'minutes' }),
    batchSize: settings.integer('batchSize', 500, { min: 1, max: 10_000, unit: 'records' }),
    batchingWindowSeconds: settings.integer('batchingWindowSeconds', 0, { min: 0, max: 300, unit: 'seconds' }),
    parallelizationFactor: settings.integer('parallelizationFactor', 2, { min: 1, max: 10, unit: 'batches' }),
    maxRetryAttempts: settings.integer('maxRetryAttempts', 1_000, { min: 0, max: 10_000, unit: 'attempts' }),
    maxRecordAgeSeconds: settings.integer('maxRecordAgeSeconds', 21_600, { min: 60, max: 604_800, unit: 'seconds' }),
    processorMemoryMib: settings.integer('processorMemoryMib', 1_024, memory),
    operationsMemoryMib: settings.integer('operationsMemoryMib', 2_048, memory),
    ruleSetFile,
    operatorPrincipals: settings.list('operatorPrincipals', PRINCIPAL, PRINCIPAL_FORM),
    approverPrincipals: settings.list('approverPrincipals', PRINCIPAL, PRINCIPAL_FORM),
  };
}

function archiveConfig(settings: Settings) {
  const days = (key: string, fallback: number, min: number, max: number) =>
    settings.integer(key, fallback, { min, max, unit: 'days' });
  return {
    archive: settings.flag('archive', true),
    archiveBufferSeconds: settings.integer('archiveBufferSeconds', 300, { min: 60, max: 900, unit: 'seconds' }),
    // Firehose sets the least for a delivery stream that sorts what it delivers by kind.
    archiveBufferMib: settings.integer('archiveBufferMib', 64, { min: 64, max: 128, unit: 'MiB' }),
    archiveColdDays: days('archiveColdDays', 90, 1, 3_650),
    archiveRetentionDays: days('archiveRetentionDays', SEVEN_YEARS_DAYS, 90, 36_500),
    archiveLockDays: days('archiveLockDays', 365, 0, 36_500),
  };
}

function monitoringConfig(settings: Settings) {
  const retention = (key: string, fallback: number, min: number) => {
    const days = settings.integer(key, fallback, { min, max: 3_653, unit: 'days' });
    if (!LOG_RETENTION_DAYS.includes(days)) {
      settings.reject(key, `is ${days}: CloudWatch Logs keeps for ${LOG_RETENTION_DAYS.join(', ')} days`);
    }
    return days;
  };
  return {
    logRetentionDays: retention('logRetentionDays', 30, 1),
    auditLogRetentionDays: retention('auditLogRetentionDays', AUDIT_DAYS, AUDIT_DAYS),
    fraudWarningPercent: settings.integer('fraudWarningPercent', 80, { min: 1, max: 100, unit: 'percent' }),
    auditTrail: settings.oneOf('auditTrail', 'none', ['none', 'data', 'all']),
    alarmEmail: settings.optionalText('alarmEmail', /^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'one e-mail address'),
    monthlyBudgetUsd: settings.optionalInteger('monthlyBudgetUsd', { min: 1, max: 1_000_000, unit: 'USD' }),
  };
}

function isJsonFile(path: string): boolean {
  try {
    JSON.parse(readFileSync(path, 'utf8'));
    return true;
  } catch {
    return false;
  }
}

/** Checks what no setting shows by itself. */
function checkTogether(settings: Settings, config: StackConfig): void {
  checkNetwork(settings, config);
  if (config.cacheNodeCount < 2 && !config.ephemeral) {
    settings.reject('cacheNodeCount', 'is 1, and losing that node loses every history: set 2 or more, or ephemeral');
  }
  const problem = cacheProblem(config.cacheNodeType, config.peakTransactionsPerMinute, config.allowedLatenessMinutes);
  if (problem) settings.reject('cacheNodeType', problem);
  const both = config.approverPrincipals.find((principal) => config.operatorPrincipals.includes(principal));
  if (both !== undefined) {
    settings.reject('approverPrincipals', `names ${both}, which is one of operatorPrincipals: approval takes another`);
  }
  const leastMaximum = Math.ceil((config.databaseStorageGib * 11) / 10);
  if (config.databaseMaxStorageGib < leastMaximum) {
    settings.reject(
      'databaseMaxStorageGib',
      `is ${config.databaseMaxStorageGib}: RDS asks for a tenth more than databaseStorageGib, so at least ${leastMaximum}`,
    );
  }
  for (const key of ['archiveColdDays', 'archiveLockDays'] as const) {
    if (config[key] > config.archiveRetentionDays) {
      settings.reject(
        key,
        `is ${config[key]}: objects expire after ${config.archiveRetentionDays}, set it lower or raise archiveRetentionDays`,
      );
    }
  }
  const retentionSeconds = config.streamRetentionHours * 3_600;
  if (config.maxRecordAgeSeconds > retentionSeconds) {
    settings.reject(
      'maxRecordAgeSeconds',
      `is ${config.maxRecordAgeSeconds}: the stream forgets a record after ${retentionSeconds}, set it lower or raise streamRetentionHours`,
    );
  }
}
