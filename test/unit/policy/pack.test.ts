import type {
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationArgs,
  StackValidationPolicy,
} from '@pulumi/policy';
import { keysRotated, storesEncrypted } from '../../../policy/encryption';
import { pulumiPolicies } from '../../../policy/pack';
import { UNKNOWN } from '../../../policy/policy';
import { resourceOf } from '../../../policy/preview';

/** The proxy that Pulumi puts before what a policy sees; left out of the package's declarations. */
const { unknownCheckingProxy, unknownStringValue } = jest.requireActual<{
  unknownCheckingProxy(properties: object): Record<string, unknown>;
  unknownStringValue: string;
}>('@pulumi/policy/proxy');

const STREAM = 'aws:kinesis/stream:Stream';
const KEY = 'aws:kms/key:Key';
const urnOf = (type: string, name: string) => `urn:pulumi:dev::tap-stack::${type}::${name}`;

/** A resource as Pulumi hands it to a policy: what is not known throws when it is touched. */
function seen(type: string, name: string, props: object, dependencies: Record<string, object[]> = {}) {
  const provider = { props: unknownCheckingProxy({ defaultTags: '{"tags":{"Environment":"dev"}}' }) };
  return {
    urn: urnOf(type, name),
    type,
    name,
    props: unknownCheckingProxy(props),
    opts: { protect: true },
    provider,
    propertyDependencies: dependencies,
  } as unknown as ResourceValidationArgs & StackValidationArgs['resources'][number];
}

const dataKey = seen(KEY, 'tap-kms-data', { arn: unknownStringValue, enableKeyRotation: true });
const stream = (props: object, from: object[] = []) =>
  seen(STREAM, 'tap-stream-transactions', { encryptionType: 'KMS', ...props }, { kmsKeyId: from });

async function told(
  policy: typeof keysRotated | typeof storesEncrypted,
  args: object,
): Promise<[string, string | undefined][]> {
  const [pack] = pulumiPolicies([policy]);
  const reported: [string, string | undefined][] = [];
  const report = (message: unknown, urn?: string) => void reported.push([String(message), urn]);
  if ('each' in policy) {
    await (pack as ResourceValidationPolicy & { validateResource(a: object, r: typeof report): void }).validateResource(
      args,
      report,
    );
  } else {
    await (pack as StackValidationPolicy).validateStack(args as StackValidationArgs, report as never);
  }
  return reported;
}

test('a resource of a preview has its values, tags and references, and UNKNOWN for what is not known', () => {
  const { arn, ...properties } = resourceOf(dataKey).properties;
  expect([arn, properties]).toEqual([UNKNOWN, { enableKeyRotation: true }]);
  expect(resourceOf(stream({ kmsKeyId: unknownStringValue, list: [{ a: unknownStringValue }] }, [dataKey]))).toEqual({
    urn: urnOf(STREAM, 'tap-stream-transactions'),
    type: STREAM,
    name: 'tap-stream-transactions',
    properties: { encryptionType: 'KMS', kmsKeyId: UNKNOWN, list: [{ a: UNKNOWN }] },
    protect: true,
    defaultTags: { Environment: 'dev' },
    references: { kmsKeyId: [dataKey.urn] },
  });
});

test('an error that is no unknown value is not taken for one', () => {
  const broken = seen(KEY, 'tap-kms-data', {});
  broken.props = new Proxy(
    { a: 1 },
    {
      get: (_, key) => {
        throw new Error(`cannot read ${String(key)}`);
      },
    },
  );
  expect(() => resourceOf(broken)).toThrow('cannot read a');
});

test('a violation is told with what to do and the clauses it touches', async () => {
  const key = seen(KEY, 'tap-kms-data', { enableKeyRotation: false, deletionWindowInDays: 7 });
  expect(await told(keysRotated, key)).toEqual([
    ['enableKeyRotation is false: set it to true (PCI 3.6.1, PCI 3.7.4, PCI 3.7.5, LGPD 46)', key.urn],
  ]);
});

test('what a preview does not know is told only where it cannot become right', async () => {
  const other = seen(KEY, 'tap-kms-monitoring', { arn: unknownStringValue });
  const ask = (resource: object) => told(storesEncrypted, { resources: [dataKey, other, resource] });
  const clauses = storesEncrypted.clauses.join(', ');
  const urn = urnOf(STREAM, 'tap-stream-transactions');
  expect(await ask(stream({ kmsKeyId: unknownStringValue }, [dataKey]))).toEqual([]);
  expect(await ask(stream({ kmsKeyId: unknownStringValue }))).toEqual([]);
  expect(await ask(stream({ kmsKeyId: unknownStringValue }, [other]))).toEqual([
    [`kmsKeyId is not of that key: encrypt it with the stack's data key (${clauses})`, urn],
  ]);
  expect(await ask(stream({ kmsKeyId: 'alias/aws/kinesis' }))).toEqual([
    [`kmsKeyId is alias/aws/kinesis: encrypt it with the stack's data key (${clauses})`, urn],
  ]);
});

test('an exception is not told', async () => {
  const bucket = seen(
    'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
    'tap-access-logs',
    { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }] },
  );
  expect(await told(storesEncrypted, { resources: [dataKey, bucket] })).toEqual([]);
});
