import { DeleteLogGroupCommand, paginateDescribeLogGroups } from '@aws-sdk/client-cloudwatch-logs';
import type { Finding } from '../receipt';
import type { Finder } from '../sweep';

/** Made by RDS for enhanced monitoring of every instance in the account. */
const SHARED = 'RDSOSMetrics';

/** Where the services of the stack write. */
const PREFIXES = ['/aws/', SHARED];

/**
 * Log groups under the stack's names. A service that writes once more after its group was destroyed makes it anew, without
 * expiry or key; once Pulumi has destroyed everything, such a group is nobody's, and is removed.
 */
export const logGroups: Finder = async ({ names, destroyed }, { logs: client }) => {
  const findings: Finding[] = [];
  const kind = 'log group';
  for (const logGroupNamePrefix of PREFIXES) {
    for await (const page of paginateDescribeLogGroups({ client }, { logGroupNamePrefix })) {
      for (const { logGroupName: id } of page.logGroups ?? []) {
        if (id === undefined) continue;
        if (id === SHARED) {
          const why = 'belongs to all databases of the account with enhanced monitoring, not to the stack';
          findings.push({ kind, id, verdict: 'expected', why });
        } else if (names.owns(id)) {
          if (destroyed) {
            await client.send(new DeleteLogGroupCommand({ logGroupName: id }));
            findings.push({ kind, id, verdict: 'removed', why: 'a service made it again after it was destroyed' });
          } else {
            findings.push({ kind, id, verdict: 'unexpected', why: 'has a name of the stack' });
          }
        }
      }
    }
  }
  return findings;
};
