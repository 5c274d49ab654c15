import {
  asText,
  expectAt,
  expectEqual,
  type Finding,
  judge,
  type Resource,
  type ResourcePolicy,
  type StackPolicy,
  UNKNOWN,
  valueAt,
} from './policy';
import { RESOURCE_TYPES } from './resource-types';

const KEY = 'aws:kms/key:Key';

/** The stack's keys, by the end of their logical names. */
type KeyPurpose = 'data' | 'monitoring';

interface Store {
  /** Where the key's ARN stands. */
  keys: readonly string[];
  /** Which of the two keys it must be. */
  purpose(resource: Resource): KeyPurpose;
  /** What switches encryption on, where the key alone does not. */
  switches?: Record<string, string | boolean>;
}

const data = () => 'data' as const;
const monitoring = () => 'monitoring' as const;

/** Everything that keeps data, and how it says under which key. */
export const STORES: Record<string, Store> = {
  'aws:kinesis/stream:Stream': { keys: ['kmsKeyId'], purpose: data, switches: { encryptionType: 'KMS' } },
  'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream': {
    keys: ['extendedS3Configuration.kmsKeyArn'],
    purpose: data,
  },
  'aws:elasticache/replicationGroup:ReplicationGroup': {
    keys: ['kmsKeyId'],
    purpose: data,
    switches: { atRestEncryptionEnabled: true },
  },
  'aws:rds/instance:Instance': {
    keys: ['kmsKeyId', 'performanceInsightsKmsKeyId'],
    purpose: data,
    switches: { storageEncrypted: true },
  },
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': {
    keys: ['rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId'],
    purpose: ({ name }) => (name.includes('-audit-') ? 'monitoring' : 'data'),
    switches: { 'rules.0.applyServerSideEncryptionByDefault.sseAlgorithm': 'aws:kms' },
  },
  'aws:sns/topic:Topic': {
    keys: ['kmsMasterKeyId'],
    purpose: ({ name }) => (name.endsWith('-alarms') ? 'monitoring' : 'data'),
  },
  'aws:sqs/queue:Queue': { keys: ['kmsMasterKeyId'], purpose: data },
  'aws:cloudwatch/logGroup:LogGroup': { keys: ['kmsKeyId'], purpose: monitoring },
  'aws:cloudtrail/trail:Trail': { keys: ['kmsKeyId'], purpose: monitoring },
};

/** Compares with the key itself; what is not known yet has to come from that key and no other. */
function keyFinding(resource: Resource, path: string, purpose: KeyPurpose, key: Resource | undefined): Finding {
  const asks = `encrypt it with the stack's ${purpose} key`;
  const value = valueAt(resource, path);
  const arn = key?.properties.arn;
  const sources = resource.references[path.split('.')[0] as string] ?? [];
  const is = (verdict: Finding['verdict'], shown: string): Finding => ({
    resource,
    subject: path,
    value: shown,
    verdict,
    asks,
  });
  if (value === UNKNOWN && resource.partial) return is('unknown', asText(value));
  if (key !== undefined && value === UNKNOWN && sources.includes(key.urn)) return is('met', `the ${purpose} key`);
  if (value === UNKNOWN) return is(sources.length > 0 ? 'violated' : 'unknown', 'not of that key');
  if (arn === UNKNOWN && resource.partial) return is('unknown', asText(value));
  if (value !== undefined && value === arn) return is('met', `the ${purpose} key`);
  return is('violated', asText(value));
}

export const storesEncrypted: StackPolicy = {
  name: 'stores-encrypted',
  description:
    'Everything that keeps data is encrypted at rest with the one of the two keys of the stack that is for it',
  clauses: ['PCI 3.5.1', 'PCI 3.6.1', 'PCI 8.3.2', 'PCI 10.3.2', 'APPI 23', 'APPI GL 10-6(3)', 'LGPD 6 VII', 'LGPD 46'],
  all(resources) {
    const keys = resources.filter(({ type }) => type === KEY);
    return resources.flatMap((resource) => {
      const store = STORES[resource.type];
      if (store === undefined) return [];
      const purpose = store.purpose(resource);
      const key = keys.find(({ name }) => name.endsWith(`-${purpose}`));
      return [
        ...Object.entries(store.switches ?? {}).map(([path, on]) => expectEqual(resource, path, on)),
        ...store.keys.map((path) => keyFinding(resource, path, purpose, key)),
      ];
    });
  },
};

export const keysRotated: ResourcePolicy = {
  name: 'keys-rotated',
  description: 'Keys rotate every year, and a deletion of one can be taken back for 7 days or more',
  clauses: ['PCI 3.6.1', 'PCI 3.7.4', 'PCI 3.7.5', 'LGPD 46'],
  each(resource) {
    if (resource.type !== KEY) return [];
    return [
      expectEqual(resource, 'enableKeyRotation', true),
      expectAt(resource, 'deletionWindowInDays', (days: number) => days >= 7, 'set it to 7 or more'),
    ];
  },
};

export const knownResourceTypes: ResourcePolicy = {
  name: 'known-resource-types',
  description: 'Whether a type of resource keeps data is decided before one is used',
  clauses: ['PCI 12.5.1', 'APPI GL 10-3'],
  each(resource) {
    if (!resource.type.startsWith('aws:')) return [];
    const keeps = resource.type in STORES ? 'keeps data' : RESOURCE_TYPES.has(resource.type) ? 'keeps none' : undefined;
    const asks =
      'say in policy/encryption.ts under which key it keeps data, or in policy/resource-types.ts that it keeps none';
    return [judge(resource, 'type', keeps ?? resource.type, () => keeps !== undefined, asks)];
  },
};
