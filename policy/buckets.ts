import {
  countOf,
  expectAt,
  expectEqual,
  type Finding,
  judge,
  partsOf,
  type Resource,
  type StackPolicy,
  UNKNOWN,
  valueAt,
} from './policy';

const BUCKET = 'aws:s3/bucket:Bucket';
const part = (kind: string) => `aws:s3/bucket${kind}:Bucket${kind}`;

/** What a bucket must have beside it, and what that must say. */
const PARTS: Record<string, (found: Resource) => Finding[]> = {
  [part('ServerSideEncryptionConfiguration')]: () => [],
  [part('Policy')]: () => [],
  [part('PublicAccessBlock')]: (found) =>
    ['blockPublicAcls', 'blockPublicPolicy', 'ignorePublicAcls', 'restrictPublicBuckets'].map((path) =>
      expectEqual(found, path, true),
    ),
  [part('OwnershipControls')]: (found) => [expectEqual(found, 'rule.objectOwnership', 'BucketOwnerEnforced')],
  [part('Versioning')]: (found) => [expectEqual(found, 'versioningConfiguration.status', 'Enabled')],
};

/** Objects of a bucket that destroy may empty go with it. */
function lifecycleFinding(bucket: Resource, resources: readonly Resource[]): Finding[] {
  const emptied = valueAt(bucket, 'forceDestroy');
  if (emptied === true) return [];
  const found = partsOf(bucket, part('LifecycleConfiguration'), 'bucket', resources);
  const asks = 'say when its objects expire, or let destroy empty it';
  const count = emptied === UNKNOWN && found.length === 0 ? UNKNOWN : countOf(found);
  return [judge(bucket, 'BucketLifecycleConfiguration', count, (is) => is === 1, asks)];
}

const nameOf = (type: string) => type.split(':')[2] as string;

export const bucketsClosed: StackPolicy = {
  name: 'buckets-closed',
  description:
    'Every bucket blocks public access, knows no access lists, keeps versions, has a policy and encryption, and a lifecycle unless it may be thrown away',
  clauses: ['PCI 1.4.4', 'PCI 3.2.1', 'PCI 7.3.3', 'PCI 10.3.2', 'APPI GL 10-6(1)', 'APPI GL 10-6(3)', 'LGPD 46'],
  all(resources) {
    const buckets = resources.filter(({ type }) => type === BUCKET);
    return buckets.flatMap((bucket) => {
      const parts = Object.entries(PARTS).flatMap(([type, check]) => {
        const found = partsOf(bucket, type, 'bucket', resources);
        return [
          judge(bucket, nameOf(type), countOf(found), (count) => count === 1, 'give the bucket exactly one'),
          ...found.flatMap(check),
        ];
      });
      return [...parts, ...lifecycleFinding(bucket, resources)];
    });
  },
};

/** The bucket of the stack that a bucket logs to: by reference in the program, by name in the account. */
function targetOf(logging: Resource, buckets: readonly Resource[]): string | typeof UNKNOWN | undefined {
  const name = valueAt(logging, 'targetBucket');
  if (logging.partial && name === UNKNOWN) return UNKNOWN;
  const isIt = ({ urn, properties }: Resource) =>
    logging.partial ? properties.bucket === name : logging.references.targetBucket?.includes(urn);
  return buckets.find(isIt)?.name;
}

export const bucketsLogAccess: StackPolicy = {
  name: 'buckets-log-access',
  description: 'Every access to a bucket is logged in a bucket of the stack',
  clauses: ['PCI 10.2.1', 'PCI 10.2.1.1', 'PCI 10.2.1.3', 'APPI GL 10-6(1)', 'LGPD 37', 'LGPD 46'],
  all(resources) {
    const buckets = resources.filter(({ type }) => type === BUCKET);
    return buckets.map((bucket) => {
      const [logging] = partsOf(bucket, part('Logging'), 'bucket', resources);
      const target = logging && targetOf(logging, buckets);
      return judge(
        bucket,
        'BucketLogging',
        target,
        (name) => name !== undefined,
        'log its accesses in the bucket for that',
      );
    });
  },
};

/** Days that the accesses to what holds personal data stay known: those of an audit log. */
const ACCESS_LOG_DAYS = 365;

interface LifecycleRule {
  transitions?: unknown[];
  expiration?: { days?: number };
  noncurrentVersionExpiration?: { noncurrentDays?: number };
  abortIncompleteMultipartUpload?: { daysAfterInitiation?: number };
}

/** A rule that does nothing but end abandoned uploads. */
const onlyEndsUploads = ({ expiration, transitions, noncurrentVersionExpiration }: LifecycleRule) =>
  expiration === undefined && transitions === undefined && noncurrentVersionExpiration === undefined;

export const objectsExpire: StackPolicy = {
  name: 'objects-expire',
  description: `Every rule of a bucket ends in expiry, with versions and abandoned uploads; access logs stay ${ACCESS_LOG_DAYS} days or more`,
  clauses: ['PCI 3.2.1', 'PCI 10.5.1', 'APPI 22', 'LGPD 6 III', 'LGPD 16'],
  all(resources) {
    return resources
      .filter(({ type }) => type === part('LifecycleConfiguration'))
      .flatMap((lifecycle) => {
        const least = lifecycle.name.endsWith('-access-logs') ? ACCESS_LOG_DAYS : 1;
        const rules = valueAt(lifecycle, 'rules');
        if (!Array.isArray(rules)) return [judge(lifecycle, 'rules', rules, () => false, 'give it rules')];
        return rules.flatMap((rule: LifecycleRule, index) => ruleFindings(lifecycle, rule, `rules.${index}`, least));
      });
  },
};

function ruleFindings(lifecycle: Resource, rule: LifecycleRule, at: string, least: number): Finding[] {
  const some = (days: number) => days >= 1;
  const uploads = `${at}.abortIncompleteMultipartUpload.daysAfterInitiation`;
  const always = [
    expectAt(lifecycle, `${at}.status`, (status: string) => status === 'Enabled', 'enable it'),
    expectAt(lifecycle, uploads, some, 'let abandoned uploads expire'),
  ];
  if (onlyEndsUploads(rule)) return always;
  return [
    ...always,
    expectAt(lifecycle, `${at}.expiration.days`, (days: number) => days >= least, `set it to ${least} or more`),
    expectAt(lifecycle, `${at}.noncurrentVersionExpiration.noncurrentDays`, some, 'let versions expire'),
  ];
}
