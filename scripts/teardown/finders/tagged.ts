import { paginateGetResources } from '@aws-sdk/client-resource-groups-tagging-api';
import type { Finding } from '../receipt';
import type { Finder } from '../sweep';

const PROJECT = 'japancart-transaction-monitoring';

/** Everything that carries the tags the stack gives to all it makes. */
export const tagged: Finder = async ({ names }, { tagging: client }) => {
  const findings: Finding[] = [];
  const filters = [
    { Key: 'Project', Values: [PROJECT] },
    { Key: 'Environment', Values: [names.suffix] },
  ];
  for await (const page of paginateGetResources({ client }, { TagFilters: filters })) {
    for (const { ResourceARN: id } of page.ResourceTagMappingList ?? []) {
      if (id === undefined) continue;
      const why = 'carries the tag of the environment; what was deleted may be listed for some minutes';
      findings.push({ kind: 'tagged resource', id, verdict: 'unexpected', why });
    }
  }
  return findings;
};
