import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exportOutputs } from '../../../scripts/outputs';

const OUTPUTS = { kinesisStreamName: 'kinesis-transactions-dev', rdsPort: 5432, multiAz: true };
const OLD = '{"vpcId":"vpc-1"}';
const originalPath = process.env.PATH;
let root: string;
let project: string;
let file: string;

/** Puts an executable named `pulumi` alone on the PATH; it records its arguments and folder, then answers as given. */
function fakePulumi({ stdout = '', stderr = '', status = 0 }: { stdout?: string; stderr?: string; status?: number }) {
  const bin = path.join(root, 'bin');
  mkdirSync(bin);
  const answer = JSON.stringify({ stdout, stderr, status });
  const program = `#!${process.execPath}
const answer = ${answer};
require('node:fs').writeFileSync(${JSON.stringify(path.join(root, 'called.json'))},
  JSON.stringify({ argv: process.argv.slice(2), cwd: process.cwd() }));
process.stdout.write(answer.stdout);
process.stderr.write(answer.stderr);
process.exitCode = answer.status;
`;
  writeFileSync(path.join(bin, 'pulumi'), program);
  chmodSync(path.join(bin, 'pulumi'), 0o755);
  process.env.PATH = bin;
}

function writeOld() {
  mkdirSync(path.dirname(file));
  writeFileSync(file, OLD);
}

const called = () => JSON.parse(readFileSync(path.join(root, 'called.json'), 'utf8'));

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'outputs-'));
  project = path.join(root, 'project');
  mkdirSync(project);
  file = path.join(project, 'cfn-outputs', 'flat-outputs.json');
});

afterEach(() => {
  process.env.PATH = originalPath;
  rmSync(root, { recursive: true });
});

test("writes the selected stack's outputs, without asking for secrets", () => {
  fakePulumi({ stdout: JSON.stringify(OUTPUTS), stderr: 'warning: A new version of Pulumi is available\n' });
  expect(exportOutputs(project)).toEqual(OUTPUTS);
  expect(called()).toEqual({ argv: ['stack', 'output', '--json', '--non-interactive'], cwd: project });
  expect(readFileSync(file, 'utf8')).toBe(
    '{\n  "kinesisStreamName": "kinesis-transactions-dev",\n  "rdsPort": 5432,\n  "multiAz": true\n}\n',
  );
  expect(readdirSync(path.dirname(file))).toEqual(['flat-outputs.json']);
});

test("replaces the file with the named stack's outputs", () => {
  writeOld();
  fakePulumi({ stdout: '{"vpcId":"vpc-2"}' });
  exportOutputs(project, 'acme/pr-7');
  expect(called().argv).toEqual(['stack', 'output', '--json', '--non-interactive', '--stack', 'acme/pr-7']);
  expect(readFileSync(file, 'utf8')).toBe('{\n  "vpcId": "vpc-2"\n}\n');
});

describe('says what to do, and leaves the old file alone, when', () => {
  test.each([
    ['nothing is deployed yet', { stdout: '{}\n' }, 'The stack has no outputs yet. Deploy it first: `pulumi up`.'],
    [
      'nobody is signed in',
      {
        status: 3,
        stderr: 'error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions\n',
      },
      '`pulumi stack output --json --non-interactive` failed: error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions\n' +
        'Sign in first: `pulumi login s3://<state bucket>` (or `pulumi login` for Pulumi Cloud).',
    ],
    ...[
      { status: 1, stderr: 'error: no stack selected; please use `pulumi stack select` to choose one' },
      { status: 6, stderr: "error: no stack named 'dev' found" },
    ].map((answer): [string, typeof answer, string] => [
      answer.stderr,
      answer,
      `\`pulumi stack output --json --non-interactive\` failed: ${answer.stderr}\n` +
        'Select a stack with `pulumi stack select <name>` or name it: `npm run outputs -- --stack <name>`. ' +
        '`pulumi stack ls` lists those there are; `pulumi up` creates one.',
    ]),
    [
      'the CLI fails otherwise',
      { status: 255, stdout: '{"vpcId":"vpc-2"}', stderr: 'error: could not read the state\n' },
      '`pulumi stack output --json --non-interactive` failed: error: could not read the state',
    ],
    [
      'outputs are secret or structured',
      { stdout: '{"vpcId":"vpc-2","rdsPassword":"[secret]","subnetIds":["subnet-1"],"tags":{"a":"b"},"none":null}' },
      "rdsPassword is secret and must not be written to a file: take it out of the stack's outputs, readers fetch it from Secrets Manager.\n" +
        'subnetIds is a list: export a string, number or boolean instead (join a list with commas).\n' +
        'tags is an object: export a string, number or boolean instead (join a list with commas).\n' +
        'none is null: export a string, number or boolean instead (join a list with commas).',
    ],
  ])('%s', (_, answer, message) => {
    writeOld();
    fakePulumi(answer);
    expect(() => exportOutputs(project)).toThrow(new Error(message));
    expect(readFileSync(file, 'utf8')).toBe(OLD);
  });

  test('the CLI is not installed', () => {
    writeOld();
    process.env.PATH = root;
    expect(() => exportOutputs(project)).toThrow(
      new Error('The Pulumi CLI is not on the PATH. Install it: https://www.pulumi.com/docs/install/'),
    );
    expect(readFileSync(file, 'utf8')).toBe(OLD);
  });
});

test('leaves no temporary file when the outputs file cannot be replaced', () => {
  mkdirSync(file, { recursive: true });
  fakePulumi({ stdout: JSON.stringify(OUTPUTS) });
  expect(() => exportOutputs(project)).toThrow(/^EISDIR/);
  expect(readdirSync(path.dirname(file))).toEqual(['flat-outputs.json']);
});

test('the command fails with the message alone', () => {
  const script = path.resolve(__dirname, '../../../scripts/outputs.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, '--stak', 'dev'], {
    encoding: 'utf8',
  });
  expect([status, stdout, stderr]).toEqual([1, '', "Unknown option '--stak'\n"]);
});
