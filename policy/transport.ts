import { expectAt, expectEqual, type Finding, judge, type Resource, type ResourcePolicy, valueAt } from './policy';
import { documentOf, list, principalsOf, type Statement } from './statements';

const CLAUSES = ['PCI 2.2.7', 'PCI 4.2.1', 'PCI 8.3.2', 'APPI 23', 'APPI GL 10-6(4)', 'LGPD 6 VII', 'LGPD 46'] as const;

interface Parameter {
  name: string;
  value: string;
}

/** What each store that is reached over the network says of TLS. */
const STORES: Record<string, (resource: Resource) => Finding[]> = {
  'aws:elasticache/replicationGroup:ReplicationGroup': (cache) => [
    expectEqual(cache, 'transitEncryptionEnabled', true),
    expectEqual(cache, 'transitEncryptionMode', 'required'),
  ],
  'aws:rds/parameterGroup:ParameterGroup': (group) => {
    const forced = (all: Parameter[] = []) => all.some(({ name, value }) => name === 'rds.force_ssl' && value === '1');
    const parameters = valueAt(group, 'parameters');
    const shown = Array.isArray(parameters)
      ? forced(parameters)
        ? 'rds.force_ssl=1'
        : 'without rds.force_ssl=1'
      : undefined;
    return [judge(group, 'parameters', parameters, forced, 'set rds.force_ssl to 1', shown)];
  },
  'aws:rds/instance:Instance': (database) => [
    expectAt(database, 'caCertIdentifier', (name: string) => /^rds-ca-(rsa|ecc)/.test(name), 'use a current authority'),
  ],
};

export const storesOverTls: ResourcePolicy = {
  name: 'stores-over-tls',
  description: 'Cache and database refuse connections without TLS',
  clauses: CLAUSES,
  each: (resource) => STORES[resource.type]?.(resource) ?? [],
};

/** Types whose policy has to refuse plaintext, and what of them everybody could do otherwise. */
const REFUSING: Record<string, readonly string[]> = {
  'aws:s3/bucketPolicy:BucketPolicy': ['s3:*'],
  'aws:sns/topic:Topic': ['sns:Publish'],
  'aws:sqs/queuePolicy:QueuePolicy': ['sqs:*'],
};

function refusesPlaintext(statement: Statement, actions: readonly string[]): boolean {
  return (
    statement.Effect === 'Deny' &&
    principalsOf(statement).every((principal) => principal === '*' || principal === 'AWS *') &&
    actions.every((action) => list(statement.Action).includes(action)) &&
    JSON.stringify(statement.Condition) === '{"Bool":{"aws:SecureTransport":"false"}}'
  );
}

export const policiesRefusePlaintext: ResourcePolicy = {
  name: 'policies-refuse-plaintext',
  description: 'Buckets, topics and queues deny everybody what does not come over TLS',
  clauses: CLAUSES,
  each(resource) {
    const actions = REFUSING[resource.type];
    const document = documentOf(resource);
    if (actions === undefined || document === undefined) return [];
    const { property, statements } = document;
    const refuses = (all: Statement[]) => all.some((statement) => refusesPlaintext(statement, actions));
    const shown = Array.isArray(statements)
      ? refuses(statements)
        ? 'TLS only'
        : 'without a denial of plaintext'
      : undefined;
    return [
      judge(
        resource,
        property,
        statements,
        refuses,
        `deny ${actions.join(', ')} where aws:SecureTransport is false`,
        shown,
      ),
    ];
  },
};
