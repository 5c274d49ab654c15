import { expectAt, type ResourcePolicy, valueAt } from './policy';

/** Log groups whose lines are audit events: who signed in, what operators asked, who sent, who reached what in the network. */
const AUDIT = [
  /^\/aws\/lambda\/lambda-operations-/,
  /^\/aws\/rds\//,
  /^\/aws\/vpc\//,
  /^\/aws\/cloudtrail\//,
  /^\/aws\/apigateway\//,
];

/** PCI DSS 10.5.1 asks for twelve months, all of which CloudWatch Logs has at hand. */
const AUDIT_DAYS = 365;

export const logsKept: ResourcePolicy = {
  name: 'logs-kept',
  description: `Log groups expire, those of audit events after ${AUDIT_DAYS} days or more`,
  clauses: ['PCI 10.5.1', 'PCI 3.2.1', 'APPI GL 10-3', 'LGPD 16', 'LGPD 37'],
  each(resource) {
    if (resource.type !== 'aws:cloudwatch/logGroup:LogGroup') return [];
    const name = String(valueAt(resource, 'name'));
    const least = AUDIT.some((pattern) => pattern.test(name)) ? AUDIT_DAYS : 1;
    const kept = (days: number | undefined) => days !== undefined && days >= least;
    return [expectAt(resource, 'retentionInDays', kept, `set it to ${least} or more`)];
  },
};

/** Days of backups and hours of records that are the least for an environment that is kept, and for one that is not. */
const LEAST = { kept: 7, ephemeral: 1, streamHours: 24 };

export const dataKept: ResourcePolicy = {
  name: 'data-kept',
  description: `The stream keeps ${LEAST.streamHours} hours and more; backups of a protected database reach back ${LEAST.kept} days and more`,
  clauses: ['APPI 23', 'LGPD 6 VII', 'LGPD 46'],
  each(resource) {
    if (resource.type === 'aws:kinesis/stream:Stream') {
      const { streamHours } = LEAST;
      return [
        expectAt(
          resource,
          'retentionPeriod',
          (hours: number) => hours >= streamHours,
          `set it to ${streamHours} or more`,
        ),
      ];
    }
    if (resource.type !== 'aws:rds/instance:Instance') return [];
    const least = valueAt(resource, 'deletionProtection') === false ? LEAST.ephemeral : LEAST.kept;
    return [
      expectAt(resource, 'backupRetentionPeriod', (days: number) => days >= least, `set it to ${least} or more`),
      expectAt(resource, 'copyTagsToSnapshot', (copied: unknown) => copied === true, 'set it to true'),
    ];
  },
};
