import type { Policies } from '@pulumi/policy';
import { POLICIES } from './all';
import { exceptionFor } from './exceptions';
import { findingsOf, messageOf, type Policy, type Resource } from './policy';
import { resourceOf } from './preview';

/** Tells what violates a policy and is no exception. What a preview does not know is no violation: it is looked at again. */
function tell(policy: Policy, resources: readonly Resource[], report: (message: string, urn: string) => void): void {
  for (const finding of findingsOf(policy, resources)) {
    if (finding.verdict !== 'violated' || exceptionFor(policy.name, finding)) continue;
    report(`${messageOf(finding)} (${policy.clauses.join(', ')})`, finding.resource.urn);
  }
}

/** The policies in the form in which the engine asks them: before each resource is made, or once all are known. */
export function pulumiPolicies(policies: readonly Policy[] = POLICIES): Policies {
  return policies.map((policy) => {
    const { name, description } = policy;
    return 'each' in policy
      ? { name, description, validateResource: (args, report) => tell(policy, [resourceOf(args)], report) }
      : { name, description, validateStack: (args, report) => tell(policy, args.resources.map(resourceOf), report) };
  });
}
