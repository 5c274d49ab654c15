import {
  asText,
  expectEqual,
  type Finding,
  judge,
  type Resource,
  type ResourcePolicy,
  type StackPolicy,
  UNKNOWN,
  valueAt,
} from './policy';
import { documentOf, list } from './statements';

const DATABASE = 'aws:rds/instance:Instance';

/** What says whether something may be thrown away, and what it says where it may. */
const EPHEMERAL: Record<string, Record<string, unknown>> = {
  'aws:kms/key:Key': { deletionWindowInDays: 7 },
  'aws:s3/bucket:Bucket': { forceDestroy: true },
  [DATABASE]: { deletionProtection: false, skipFinalSnapshot: true, deleteAutomatedBackups: true },
  'aws:kinesis/stream:Stream': {},
  'aws:elasticache/replicationGroup:ReplicationGroup': {},
};

/** Whether Pulumi protects it is part of the same decision; an account does not know. */
function decisions(resource: Resource): [subject: string, ephemeral: boolean | typeof UNKNOWN, value: unknown][] {
  const marks = EPHEMERAL[resource.type];
  if (marks === undefined) return [];
  return [
    ...Object.entries(marks).map(([path, mark]): [string, boolean | typeof UNKNOWN, unknown] => {
      const value = valueAt(resource, path);
      return [path, value === UNKNOWN ? UNKNOWN : value === mark, value];
    }),
    ['protect', resource.protect === UNKNOWN ? UNKNOWN : !resource.protect, resource.protect],
  ];
}

export const protectedTogether: StackPolicy = {
  name: 'protected-together',
  description:
    'Keys, stream, cache, database and buckets are either all protected from deletion or, where ephemeral, none of them',
  clauses: ['PCI 3.2.1', 'PCI 3.7.5', 'APPI 23', 'LGPD 6 VII', 'LGPD 46'],
  all(resources) {
    const database = resources.find(({ type }) => type === DATABASE);
    const protection = database && valueAt(database, 'deletionProtection');
    const ephemeral = protection === false;
    return resources.flatMap((resource) =>
      decisions(resource).map(([subject, is, value]) =>
        judge(
          resource,
          subject,
          protection === UNKNOWN ? UNKNOWN : is,
          (mark) => mark === ephemeral,
          `let it be as for one that is ${ephemeral ? 'ephemeral' : 'kept'}`,
          asText(value),
        ),
      ),
    );
  },
};

/** What would stay after a destroy, or hold it up. */
const LEFT: Record<string, (resource: Resource) => Finding[]> = {
  'aws:cloudwatch/logGroup:LogGroup': (group) => [
    judge(group, 'skipDestroy', valueAt(group, 'skipDestroy'), (skipped) => skipped !== true, 'let destroy delete it'),
  ],
  'aws:kinesis/stream:Stream': (stream) => [expectEqual(stream, 'enforceConsumerDeletion', true)],
  'aws:lambda/function:Function': (fn) => [expectEqual(fn, 'replaceSecurityGroupsOnDestroy', true)],
};

export const nothingLeftBehind: ResourcePolicy = {
  name: 'nothing-left-behind',
  description:
    'A destroy leaves nothing: no role makes log groups, nothing is kept out of it, functions let go of their network',
  clauses: ['PCI 3.2.1', 'APPI 22', 'LGPD 16'],
  each(resource) {
    const document = documentOf(resource);
    if (document?.kind !== 'identity') return LEFT[resource.type]?.(resource) ?? [];
    const { statements, property } = document;
    if (typeof statements === 'symbol') return [judge(resource, property, statements, () => true, 'make it known')];
    const making = statements.filter(
      ({ Effect, Action }) =>
        Effect === 'Allow' && list(Action).some((action) => /^(logs:)?(\*|Create\*|CreateLogGroup)$/.test(action)),
    );
    return [
      judge(
        resource,
        property,
        making.length === 0,
        (none) => none,
        'leave logs:CreateLogGroup out: the group would outlive the stack',
        making.length > 0 ? 'one that makes log groups' : 'makes no log group',
      ),
    ];
  },
};
