import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { destroy, readInventory } from '../../../../scripts/teardown/pulumi';
import { type CliAnswer, exported, exportedState, fakePulumiCli } from '../../../helpers/pulumi-cli';

const originalPath = process.env.PATH;
let folder: string;
const answer = (...answers: CliAnswer[]) => fakePulumiCli(folder, answers);

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'teardown-'));
});
afterEach(() => {
  process.env.PATH = originalPath;
  rmSync(folder, { recursive: true });
});

describe('the inventory', () => {
  it('is what providers made and were about to make, and what tells the environment', () => {
    const provider = { region: 'eu-west-1', defaultTags: '{"tags":{"Environment":"pr-7","Project":"x"}}' };
    const final = {
      identifier: 'rds-transactions-pr-7',
      finalSnapshotIdentifier: 'rds-transactions-pr-7-final-c0ffee01',
      deleteAutomatedBackups: false,
    };
    const calls = answer({
      command: 'stack export',
      stdout: exportedState(
        [
          exported('pulumi:pulumi:Stack', 'tap-stack-pr-7', '', {
            custom: false,
            outputs: { dbSecretArn: 'arn:secret' },
          }),
          exported('pulumi:providers:aws', 'tap-aws', 'p-1', { inputs: provider }),
          exported('tap:kms:Kms', 'tap-kms', '', { custom: false }),
          exported('aws:kms/key:Key', 'tap-kms-data', 'key-1'),
          exported('aws:rds/instance:Instance', 'tap-database-transactions', 'db-1', { inputs: final }),
        ],
        [exported('aws:ec2/vpc:Vpc', 'tap-network-vpc', '')],
      ),
    });
    expect(readInventory(folder, 'acme/pr-7')).toEqual({
      resources: [
        { type: 'aws:kms/key:Key', name: 'tap-kms-data', id: 'key-1' },
        { type: 'aws:rds/instance:Instance', name: 'tap-database-transactions', id: 'db-1' },
      ],
      pending: [{ type: 'aws:ec2/vpc:Vpc', name: 'tap-network-vpc', id: '' }],
      environmentSuffix: 'pr-7',
      region: 'eu-west-1',
      dbSecretArn: 'arn:secret',
      finalSnapshot: 'rds-transactions-pr-7-final-c0ffee01',
      retainsBackups: true,
    });
    expect(calls()).toEqual([['stack', 'export', '--stack', 'acme/pr-7', '--non-interactive']]);
  });

  it('is undefined where there is no such stack', () => {
    answer({ command: 'stack export', status: 6, stderr: "error: no stack named 'dev' found" });
    expect(readInventory(folder, 'dev')).toBeUndefined();
  });

  it('cannot be read without a sign-in, which the error tells', () => {
    answer({ command: 'stack export', status: 3, stderr: 'error: PULUMI_ACCESS_TOKEN must be set\n' });
    expect(() => readInventory(folder, 'dev')).toThrow(
      new Error('the state of dev cannot be read: error: PULUMI_ACCESS_TOKEN must be set'),
    );
  });

  it('cannot be read without the CLI', () => {
    process.env.PATH = folder;
    expect(() => readInventory(folder, 'dev')).toThrow(/^The Pulumi CLI is not on the PATH/);
  });
});

describe('destroying', () => {
  const named = ['--yes', '--non-interactive', '--stack', 'pr-7'];

  it('removes the empty stack, but not its settings file', () => {
    const calls = answer({ command: 'destroy' }, { command: 'stack rm' });
    expect(destroy(folder, 'pr-7')).toBe(0);
    expect(calls()).toEqual([
      ['destroy', '--refresh', '--continue-on-error', ...named],
      ['stack', 'rm', '--preserve-config', ...named],
    ]);
  });

  it('that failed leaves the stack, whose state says what is there', () => {
    const calls = answer({ command: 'destroy', status: 255 });
    expect(destroy(folder, 'pr-7')).toBe(255);
    expect(calls()).toHaveLength(1);
  });
});
