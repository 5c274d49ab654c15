import { REGION_ACCOUNT } from './functions';
import type { Recording } from './pulumi';
import { evaluateStack } from './stack';

export const API_ID = 'tap-ingest-id';
export const INVOCATIONS = `arn:aws:execute-api:${REGION_ACCOUNT}:tap-ingest-id/v1/POST/*`;
export const WEB_ACL = 'arn:aws:wafv2:ap-northeast-1:123456789012:regional/webacl/shop/a1b2c3';

/** Type of a resource of API Gateway, by its name: `RestApi`. */
export const gateway = (type: string) => `aws:apigateway/${type.charAt(0).toLowerCase()}${type.slice(1)}:${type}`;

export type IngestStack = Recording & { stackOutputs: object };

/** A stack whose ingest is public, and behind a web ACL, and one whose ingest is private, with a quota. */
export async function evaluateIngests(): Promise<{ open: IngestStack; closed: IngestStack }> {
  const open = await evaluateStack({ config: { ephemeral: 'true', ingest: 'public', ingestWebAclArn: WEB_ACL } });
  const closed = await evaluateStack({
    config: { ingest: 'private', ingestRequestsPerSecond: '40', ingestDailyQuota: '500000' },
  });
  return { open, closed };
}
