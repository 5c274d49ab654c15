import { DescribeKeyCommand, NotFoundException } from '@aws-sdk/client-kms';
import type { Finding } from '../receipt';
import type { Finder } from '../sweep';

/** The stack's keys: AWS deletes a key only after a window of 7 to 30 days. */
export const keys: Finder = async ({ keyIds }, { kms }) => {
  const findings = await Promise.all(
    keyIds.map(async (keyId): Promise<Finding[]> => {
      try {
        const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId: keyId }));
        const id = key?.KeyId ?? keyId;
        if (key?.KeyState === 'PendingDeletion') {
          const until = key.DeletionDate?.toISOString();
          const why = `is deleted on ${until?.slice(0, 10)}; until then it costs nothing and deletion can be cancelled`;
          return [{ kind: 'KMS key', id, verdict: 'expected', why, until }];
        }
        return [{ kind: 'KMS key', id, verdict: 'unexpected', why: `is ${key?.KeyState}, and costs 1 USD a month` }];
      } catch (error) {
        if (error instanceof NotFoundException) return [];
        throw error;
      }
    }),
  );
  return findings.flat();
};
