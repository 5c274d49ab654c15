import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fakePulumiCli } from '../../helpers/pulumi-cli';
import { plain, readDocument, tableOf } from './document';

const WORKFLOWS = path.resolve(__dirname, '../../../.github/workflows');
const workflow = (file: string) => readFileSync(path.join(WORKFLOWS, file), 'utf8');

test('whatever previews or deploys a change does so under the policies', () => {
  const commands = readdirSync(WORKFLOWS).flatMap((file) => [...workflow(file).matchAll(/pulumi (?:up|preview) .*/g)]);
  const proofs = commands.filter(([command]) => command.includes('--expect-no-changes'));
  const changes = commands.filter((command) => !proofs.includes(command));
  expect(changes).toHaveLength(3);
  expect(changes.filter(([command]) => !command.includes(' --policy-pack policy'))).toEqual([]);
});

const originalPath = process.env.PATH;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'workflow-'));
});
afterEach(() => {
  process.env.PATH = originalPath;
  rmSync(folder, { recursive: true });
});

/** Runs the script of a workflow with Pulumi's CLI on the PATH, as GitHub runs a step whose shell is `bash`. */
function runStep(file: string): { status: number | null; summary: string } {
  const [, script = ''] = /\n {8}run: \|\n((?: {10}.*\n)+)/.exec(workflow(file)) ?? [];
  const summary = path.join(folder, 'summary.md');
  const { status } = spawnSync('/bin/bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd: folder,
    env: { PATH: `${process.env.PATH}:${originalPath}`, STACK: 'dev', GITHUB_STEP_SUMMARY: summary },
  });
  return { status, summary: readFileSync(summary, 'utf8') };
}

test.each([0, 1])('the preview job shows what Pulumi said when it ends with %d, and ends likewise', (status) => {
  fakePulumiCli(folder, [{ command: 'preview', stdout: 'seen\n', stderr: 'said\n', status }]);
  expect(runStep('preview.yml')).toEqual({ status, summary: '```\nseen\nsaid\n```\n' });
});

test('a look at a stack never waits among its deployments, of whom only the last is kept', () => {
  const groups = (file: string) => [...workflow(file).matchAll(/^ +group: (.*)$/gm)].map(([, group]) => group);
  expect(groups('deploy.yml')).toEqual(['stack-dev']);
  expect(groups('drift.yml')).toEqual([expect.stringMatching(/^drift-/)]);
});

describe('the drift job', () => {
  const DOCUMENTED = tableOf(readDocument('docs/pipeline.md'), '| exit code | means | do |').flatMap(([codes]) =>
    plain(codes as string)
      .split(', ')
      .map(Number),
  );
  const VERDICTS: Record<number, [exit: number, verdict: string]> = {
    0: [0, 'dev is as its state says'],
    6: [0, 'dev is not deployed'],
    7: [7, 'dev has drifted'],
  };

  it('documents every exit code of the Pulumi CLI but that of a policy, which it asks for none', () => {
    expect([...DOCUMENTED].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9, 255]);
  });

  it.each(DOCUMENTED)('says what exit code %d means, and what Pulumi saw', (status) => {
    const calls = fakePulumiCli(folder, [{ command: 'refresh', stdout: 'seen', status }]);
    const [exit, verdict] = VERDICTS[status] ?? [status, `dev could not be compared (exit code ${status})`];
    expect(runStep('drift.yml')).toEqual({ status: exit, summary: `### ${verdict}\n\`\`\`\nseen\`\`\`\n` });
    expect(calls()).toEqual([
      ['refresh', '--preview-only', '--expect-no-changes', '--diff', '--non-interactive', '--stack', 'dev'],
    ]);
  });
});
