import path from 'node:path';
import type { Resource } from '../../../scripts/graph';
import { EVERYTHING, readPreset } from '../../../scripts/preset';
import { type Result, scan } from '../../../scripts/scan/checkov';
import { problemsOf } from '../../../scripts/scan/verdict';
import { evaluateStack } from '../../helpers/stack';

const PROJECT = path.resolve(__dirname, '../../..');
const ENVIRONMENTS: Record<string, Record<string, string>> = {
  defaults: {},
  dev: readPreset(PROJECT, 'dev'),
  prod: readPreset(PROJECT, 'prod'),
  everything: EVERYTHING,
};

/** What is taken away or opened in a copy of the stack, and the check that has to see it. */
const WEAKENED: [check: string, type: string, name: string, inputs: object][] = [
  ['CKV_AWS_16', 'aws:rds/instance:Instance', 'tap-database-transactions', { storageEncrypted: false }],
  ['CKV_AWS_17', 'aws:rds/instance:Instance', 'tap-database-transactions', { publiclyAccessible: true }],
  ['CKV_AWS_43', 'aws:kinesis/stream:Stream', 'tap-stream-transactions', { encryptionType: 'NONE' }],
  [
    'CKV_AWS_29',
    'aws:elasticache/replicationGroup:ReplicationGroup',
    'tap-cache-history',
    { atRestEncryptionEnabled: false },
  ],
  [
    'CKV_AWS_30',
    'aws:elasticache/replicationGroup:ReplicationGroup',
    'tap-cache-history',
    { transitEncryptionEnabled: false },
  ],
  ['CKV_AWS_26', 'aws:sns/topic:Topic', 'tap-alerts-topic', { kmsMasterKeyId: undefined }],
  ['CKV_AWS_158', 'aws:cloudwatch/logGroup:LogGroup', 'tap-network-flow-logs', { kmsKeyId: undefined }],
  ['CKV_AWS_7', 'aws:kms/key:Key', 'tap-kms-data', { enableKeyRotation: false }],
  [
    'CKV_AWS_53',
    'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
    'tap-archive-bucket',
    { blockPublicAcls: false },
  ],
  ['CKV_AWS_130', 'aws:ec2/subnet:Subnet', 'tap-network-private-1', { mapPublicIpOnLaunch: true }],
  ['CKV_AWS_117', 'aws:lambda/function:Function', 'tap-processor-stream-function', { vpcConfig: undefined }],
];

/** Resources that are left out of the copy, and the check that misses each. */
const REMOVED: [check: string, resource: string, type: string, name: string][] = [
  [
    'CKV_AWS_145',
    'aws_s3_bucket.tap-archive-bucket',
    'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
    'tap-archive-bucket',
  ],
  ['CKV_AWS_21', 'aws_s3_bucket.tap-archive-bucket', 'aws:s3/bucketVersioning:BucketVersioning', 'tap-archive-bucket'],
  ['CKV_AWS_18', 'aws_s3_bucket.tap-archive-bucket', 'aws:s3/bucketLogging:BucketLogging', 'tap-archive-bucket'],
  ['CKV2_AWS_11', 'aws_vpc.tap-network-vpc', 'aws:ec2/flowLog:FlowLog', 'tap-network-vpc'],
];

let results: Result[];

beforeAll(async () => {
  const graphs: Record<string, Resource[]> = {};
  for (const [name, config] of Object.entries(ENVIRONMENTS)) graphs[name] = (await evaluateStack({ config })).resources;
  const removed = REMOVED.map(([, , type, name]) => `${type} ${name}`);
  graphs.weakened = (graphs.defaults as Resource[])
    .filter(({ type, name }) => !removed.includes(`${type} ${name}`))
    .map((resource) => {
      const weaker = WEAKENED.filter(([, type, name]) => type === resource.type && name === resource.name);
      return { ...resource, inputs: Object.assign({}, resource.inputs, ...weaker.map(([, , , inputs]) => inputs)) };
    });
  results = await scan(graphs, console.log);
}, 300_000);

const failedIn = (graph: string) =>
  new Set(
    results
      .filter((result) => result.graph === graph && !result.passed)
      .map(({ check, resource }) => `${check} ${resource}`),
  );

test('no check fails without a reason, in any environment, and no reason is left over', () => {
  expect(problemsOf(results.filter(({ graph }) => graph !== 'weakened'))).toEqual([]);
});

test.each(Object.keys(ENVIRONMENTS))('%s is looked at by more than 380 checks', (name) => {
  expect(results.filter(({ graph, passed }) => graph === name && passed).length).toBeGreaterThan(380);
});

test.each(WEAKENED)('%s looks at %s %s', (check, _, name) => {
  const expected = (failed: Set<string>) =>
    [...failed].some((one) => one.startsWith(`${check} `) && one.endsWith(`.${name}`));
  expect([expected(failedIn('defaults')), expected(failedIn('weakened'))]).toEqual([false, true]);
});

test.each(REMOVED)('%s looks at %s', (check, resource) => {
  const failed = `${check} ${resource}`;
  expect([failedIn('defaults').has(failed), failedIn('weakened').has(failed)]).toEqual([false, true]);
});
