import { expectAt, type Finding, judge, type Resource, type ResourcePolicy } from './policy';
import { documentOf, list, type Statement } from './statements';

const CLAUSES = ['PCI 7.2.1', 'PCI 7.2.5', 'PCI 7.3.3', 'APPI 23', 'APPI GL 10-6(1)', 'LGPD 6 VII', 'LGPD 46'] as const;

/** Every action and resource that a statement allows, of whatever document. */
function ofAllows(
  resource: Resource,
  check: (statement: Statement, subject: string, key: boolean) => Finding[],
): Finding[] {
  const document = documentOf(resource);
  if (document === undefined || document.kind === 'trust') return [];
  const { statements, property, kind } = document;
  if (typeof statements === 'symbol') return [judge(resource, property, statements, () => true, 'make it known')];
  return statements
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap((statement) => check(statement, statement.Sid ?? property, kind === 'key'));
}

export const noWildcardActions: ResourcePolicy = {
  name: 'no-wildcard-actions',
  description: 'Every policy lists the actions it allows',
  clauses: CLAUSES,
  each: (resource) =>
    ofAllows(resource, (statement, subject) => {
      const wild = list(statement.Action).filter((action) => /[*?]/.test(action));
      const value = wild.length > 0 ? wild.join(', ') : `${list(statement.Action).join(', ')}`;
      const listed = statement.NotAction === undefined && wild.length === 0;
      return [
        judge(
          resource,
          `${subject}: Action`,
          statement.NotAction ? 'all but some' : value,
          () => listed,
          'list the actions',
        ),
      ];
    }),
};

/** An ARN that names a resource, or what lies under a named one: `log-group:/aws/lambda/x:*`, `bucket/prefix/*`. */
const NAMED = /^arn:aws:[a-z0-9-]+:[a-z0-9-]*:\d*:[^*?]*[^*?:/][:/]\*$|^arn:aws:[a-z0-9-]+:[a-z0-9-]*:\d*:[^*?]+$/;

export const noWildcardResources: ResourcePolicy = {
  name: 'no-wildcard-resources',
  description: 'Every policy names the resources it allows to use, at most with what lies under them',
  clauses: CLAUSES,
  each: (resource) =>
    ofAllows(resource, (statement, subject, key) => {
      if (key) return []; // `*` in a key's policy is that key
      const resources = list(statement.Resource);
      const wild = resources.filter((arn) => !NAMED.test(arn));
      const named = statement.NotResource === undefined && wild.length === 0;
      const value = named
        ? resources.join(', ')
        : `${list(statement.Action).join(', ')} on ${wild.join(', ') || 'all but some'}`;
      return [judge(resource, `${subject}: Resource`, value, () => named, 'name the resources')];
    }),
};

export const noManagedPolicies: ResourcePolicy = {
  name: 'no-managed-policies',
  description: 'No role has a policy that someone else may change',
  clauses: CLAUSES,
  each(resource) {
    const asks = "write the role's policy out";
    if (resource.type === 'aws:iam/rolePolicyAttachment:RolePolicyAttachment') {
      return [expectAt(resource, 'policyArn', (arn: string) => !arn.startsWith('arn:aws:iam::aws:'), asks)];
    }
    if (resource.type !== 'aws:iam/role:Role') return [];
    return [expectAt(resource, 'managedPolicyArns', (arns: unknown[] = []) => arns.length === 0, asks)];
  },
};
