import { paginateDescribeSnapshots } from '@aws-sdk/client-elasticache';
import {
  DBInstanceNotFoundFault,
  DescribeDBInstancesCommand,
  paginateDescribeDBInstanceAutomatedBackups,
  paginateDescribeDBSnapshots,
} from '@aws-sdk/client-rds';
import type { Finding } from '../receipt';
import type { Finder, Scope } from '../sweep';

const LOST_WITH_KEY = "is paid for by its size, and cannot be restored once the stack's key is deleted";

/** The database itself. */
export const databases: Finder = async ({ names }, { rds }) => {
  const id = names.of('database');
  try {
    await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
    return [{ kind: 'RDS instance', id, verdict: 'unexpected', why: 'is still there' }];
  } catch (error) {
    if (error instanceof DBInstanceNotFoundFault) return [];
    throw error;
  }
};

/** Snapshots of the database, which outlive it. */
export const databaseSnapshots: Finder = async (scope, { rds: client }) => {
  const findings: Finding[] = [];
  const DBInstanceIdentifier = scope.names.of('database');
  for await (const page of paginateDescribeDBSnapshots({ client }, { DBInstanceIdentifier })) {
    for (const snapshot of page.DBSnapshots ?? []) findings.push(snapshotFinding(snapshot.DBSnapshotIdentifier, scope));
  }
  return findings;
};

/** Backups of the database that were retained. */
export const databaseBackups: Finder = async ({ names, retainsBackups }, { rds: client }) => {
  const findings: Finding[] = [];
  const DBInstanceIdentifier = names.of('database');
  for await (const page of paginateDescribeDBInstanceAutomatedBackups({ client }, { DBInstanceIdentifier })) {
    for (const { DBInstanceAutomatedBackupsArn: id = '' } of page.DBInstanceAutomatedBackups ?? []) {
      findings.push(
        retainsBackups
          ? {
              kind: 'RDS automated backup',
              id,
              verdict: 'expected',
              why: `is retained for its days; it ${LOST_WITH_KEY}`,
            }
          : { kind: 'RDS automated backup', id, verdict: 'unexpected', why: LOST_WITH_KEY },
      );
    }
  }
  return findings;
};

function snapshotFinding(id = '', { finalSnapshot }: Scope): Finding {
  const kind = 'RDS snapshot';
  if (finalSnapshot !== undefined && id === finalSnapshot) {
    const why = `was taken when the database was destroyed; it ${LOST_WITH_KEY}: copy it under another key before`;
    return { kind, id, verdict: 'expected', why };
  }
  return { kind, id, verdict: 'unexpected', why: LOST_WITH_KEY };
}

/** Snapshots of the cache. */
export const cacheSnapshots: Finder = async ({ names }, { cache: client }) => {
  const findings: Finding[] = [];
  for await (const page of paginateDescribeSnapshots({ client }, { ReplicationGroupId: names.of('cache') })) {
    for (const { SnapshotName: id = '' } of page.Snapshots ?? []) {
      findings.push({ kind: 'ElastiCache snapshot', id, verdict: 'unexpected', why: LOST_WITH_KEY });
    }
  }
  return findings;
};
