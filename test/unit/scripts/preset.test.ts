import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cacheProblem, shardsFor } from '../../../lib/sizing';
import { type Preset, readPreset } from '../../../scripts/preset';
import type { Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const PROJECT = path.resolve(__dirname, '../../..');
const PEAK_PER_MINUTE = 1_000;

const evaluatePreset = (preset: Preset): Promise<Recording> =>
  evaluateStack({ stack: preset, config: readPreset(PROJECT, preset) });

describe('Pulumi.dev.yaml', () => {
  let stack: Recording;
  beforeAll(async () => {
    stack = await evaluatePreset('dev');
  });

  it('makes a stack that may be thrown away whole', () => {
    expect(stack.resources.filter(({ protect }) => protect)).toEqual([]);
    expect(stack.find('aws:rds/instance:Instance').inputs).toMatchObject({
      deletionProtection: false,
      skipFinalSnapshot: true,
    });
    expect(stack.ofType('aws:s3/bucket:Bucket').map(({ inputs }) => inputs.forceDestroy)).toEqual([true, true, true]);
  });

  it('is small: one node, one instance, endpoints in one of two zones', () => {
    expect(stack.find('aws:elasticache/replicationGroup:ReplicationGroup').inputs).toMatchObject({
      nodeType: 'cache.t4g.micro',
      numCacheClusters: 1,
      multiAzEnabled: false,
      automaticFailoverEnabled: false,
    });
    expect(stack.find('aws:rds/instance:Instance').inputs).toMatchObject({
      instanceClass: 'db.t4g.small',
      multiAz: false,
      allocatedStorage: 20,
    });
    expect(stack.ofType('aws:ec2/subnet:Subnet')).toHaveLength(2);
    const zones = stack
      .ofType('aws:ec2/vpcEndpoint:VpcEndpoint')
      .filter(({ inputs }) => inputs.vpcEndpointType === 'Interface')
      .map(({ inputs }) => inputs.subnetIds);
    expect(zones).toEqual([['tap-network-private-1-id'], ['tap-network-private-1-id']]);
  });
});

describe('Pulumi.prod.yaml', () => {
  let stack: Recording;
  beforeAll(async () => {
    stack = await evaluatePreset('prod');
  });

  it('makes a stack whose data nobody destroys by accident', () => {
    const types = ['aws:kms/key:Key', 'aws:rds/instance:Instance', 'aws:s3/bucket:Bucket', 'aws:kinesis/stream:Stream'];
    const holders = types.flatMap((type) => stack.ofType(type));
    expect(holders).toHaveLength(8);
    expect(holders.filter(({ protect }) => !protect)).toEqual([]);
    expect(stack.find('aws:rds/instance:Instance').inputs).toMatchObject({
      deletionProtection: true,
      skipFinalSnapshot: false,
      multiAz: true,
      backupRetentionPeriod: 14,
    });
  });

  it('takes twice the peak in stream and cache, and fails over', () => {
    const { nodeType, ...cache } = stack.find('aws:elasticache/replicationGroup:ReplicationGroup').inputs;
    expect(cacheProblem(nodeType, 2 * PEAK_PER_MINUTE, 60)).toBeUndefined();
    expect(cache).toMatchObject({ numCacheClusters: 2, multiAzEnabled: true, automaticFailoverEnabled: true });
    const { shardCount } = stack.find('aws:kinesis/stream:Stream').inputs;
    expect(shardCount).toBe(shardsFor({ transactionsPerMinute: 2 * PEAK_PER_MINUTE, recordBytes: 1_024 }));
    expect(stack.ofType('aws:ec2/subnet:Subnet')).toHaveLength(3);
  });
});

describe('a settings file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'preset-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (text: string) => writeFileSync(path.join(folder, 'Pulumi.dev.yaml'), text);

  it('is comments, settings of one value, and lists', () => {
    write(
      [
        'encryptionsalt: v1:abc=:v1:def',
        '# why',
        'config:',
        '  aws:region: ap-northeast-1',
        '  tap-stack:a: "1"',
        '  tap-stack:b: cache.x',
        '  tap-stack:principals:',
        '    - arn:aws:iam::123456789012:role/checkout',
        '    - "arn:aws:iam::123456789012:role/pos"',
        '  tap-stack:c: d@example.jp',
        '',
      ].join('\n'),
    );
    expect(readPreset(folder, 'dev')).toEqual({
      a: '1',
      b: 'cache.x',
      principals: '["arn:aws:iam::123456789012:role/checkout","arn:aws:iam::123456789012:role/pos"]',
      c: 'd@example.jp',
    });
  });

  it('that is not there is told by its name', () => {
    expect(() => readPreset(folder, 'nowhere')).toThrow(
      new Error('Pulumi.nowhere.yaml is not there: name a stack that has its settings in this folder'),
    );
  });

  it('that holds anything else is refused by its line', () => {
    write('config:\n  tap-stack:map:\n    key: a\n');
    expect(() => readPreset(folder, 'dev')).toThrow('Pulumi.dev.yaml:3 is no setting of one value or a list');
    write('config:\n  tap-stack:a: [1]\n');
    expect(() => readPreset(folder, 'dev')).toThrow('Pulumi.dev.yaml:2 is no setting of one value or a list');
  });
});
