import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';

export interface LogSettings {
  /** ARN of the key that encrypts the groups. */
  kmsKeyArn: pulumi.Input<string>;
  /** How long operational logs are kept, days. */
  logRetentionDays: number;
  /** How long audit events are kept, days. */
  auditLogRetentionDays: number;
  /** Whether destroy may delete audit events. */
  ephemeral: boolean;
}

/**
 * A log group made before the service that writes to it, which would otherwise make one without key or expiry that
 * outlives the stack.
 *
 * @param kind audit events are kept longer than operational logs, and protected where the environment is not ephemeral.
 */
export function createLogGroup(
  name: string,
  logGroupName: string,
  kind: 'operational' | 'audit',
  settings: LogSettings,
  parent: pulumi.Resource,
): aws.cloudwatch.LogGroup {
  const audit = kind === 'audit';
  return new aws.cloudwatch.LogGroup(
    name,
    {
      name: logGroupName,
      retentionInDays: audit ? settings.auditLogRetentionDays : settings.logRetentionDays,
      kmsKeyId: settings.kmsKeyArn,
    },
    { parent, protect: audit && !settings.ephemeral },
  );
}
