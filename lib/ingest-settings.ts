import type { Settings } from './settings';

/** The settings of the ingest, checked. */
export function ingestConfig(settings: Settings) {
  const ingest = settings.oneOf('ingest', 'none', ['none', 'private', 'public']);
  const ingestVpcEndpointIds = settings.list(
    'ingestVpcEndpointIds',
    /^vpce-[0-9a-f]{8,17}$/,
    'ids of interface endpoints for execute-api (vpce-0123456789abcdef0)',
  );
  const ingestWebAclArn = settings.optionalText(
    'ingestWebAclArn',
    /^arn:aws:wafv2:[a-z0-9-]+:\d{12}:regional\/webacl\/[\w-]+\/[\w-]+$/,
    'the ARN of a regional web ACL of AWS WAF',
  );
  if (ingestVpcEndpointIds.length > 0 && ingest !== 'private') {
    settings.reject('ingestVpcEndpointIds', 'has no meaning without ingest private: remove it or set that');
  }
  if (ingestWebAclArn !== undefined && ingest !== 'public') {
    settings.reject('ingestWebAclArn', 'has no meaning without ingest public: remove it or set that');
  }
  return {
    ingest,
    ingestRequestsPerSecond: settings.integer('ingestRequestsPerSecond', 100, {
      min: 1,
      max: 10_000,
      unit: 'requests',
    }),
    ingestDailyQuota: settings.optionalInteger('ingestDailyQuota', { min: 1, max: 1_000_000_000, unit: 'requests' }),
    ingestVpcEndpointIds,
    ingestWebAclArn,
  };
}
