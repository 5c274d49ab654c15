import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

/** What a stack output may be for the file to stay flat. */
export type FlatOutputs = Record<string, string | number | boolean>;

/** What the Pulumi CLI prints in place of a secret value unless it is told to show secrets. */
const SECRET = '[secret]';

/** Advice by what the Pulumi CLI says; its exit codes tell these apart only in part, and only since 2026. */
const ADVICE: [RegExp, string][] = [
  [
    /PULUMI_ACCESS_TOKEN|pulumi login/,
    'Sign in first: `pulumi login s3://<state bucket>` (or `pulumi login` for Pulumi Cloud).',
  ],
  [
    /no stack (selected|named)/,
    'Select a stack with `pulumi stack select <name>` or name it: `npm run outputs -- --stack <name>`. `pulumi stack ls` lists those there are; `pulumi up` creates one.',
  ],
];

/** File that integration tests and applications read, relative to the project. */
const FILE = path.join('cfn-outputs', 'flat-outputs.json');

/**
 * Writes the outputs of a deployed stack to `cfn-outputs/flat-outputs.json`. The file is replaced in one step: a reader
 * sees the old one or the new one, never a part. Secret values never reach this process, the CLI hides them.
 *
 * @param project folder with Pulumi.yaml
 * @param stack name of the stack; the selected one when absent
 * @returns the outputs written
 * @throws Error that says what to do when there is no CLI, sign-in, stack or output, or when an output is secret or not
 *   flat; an existing file then stays as it is
 */
export function exportOutputs(project: string, stack?: string): FlatOutputs {
  const outputs = checkFlat(readOutputs(project, stack));
  const file = path.join(project, FILE);
  const temporary = `${file}.${process.pid}`;
  mkdirSync(path.dirname(file), { recursive: true });
  try {
    writeFileSync(temporary, `${JSON.stringify(outputs, null, 2)}\n`);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return outputs;
}

function readOutputs(project: string, stack?: string): Record<string, unknown> {
  const args = ['stack', 'output', '--json', '--non-interactive', ...(stack === undefined ? [] : ['--stack', stack])];
  const { error, status, stdout, stderr } = spawnSync('pulumi', args, {
    cwd: project,
    env: process.env,
    encoding: 'utf8',
  });
  if (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? new Error('The Pulumi CLI is not on the PATH. Install it: https://www.pulumi.com/docs/install/')
      : error;
  }
  if (status !== 0) {
    const advice = ADVICE.filter(([said]) => said.test(stderr)).map(([, text]) => `\n${text}`);
    throw new Error(`\`pulumi ${args.join(' ')}\` failed: ${stderr.trim()}${advice.join('')}`);
  }
  return JSON.parse(stdout);
}

function checkFlat(outputs: Record<string, unknown>): FlatOutputs {
  const entries = Object.entries(outputs);
  if (entries.length === 0) {
    throw new Error('The stack has no outputs yet. Deploy it first: `pulumi up`.');
  }
  const problems = entries.flatMap(([name, value]) => {
    if (value === SECRET) {
      return `${name} is secret and must not be written to a file: take it out of the stack's outputs, readers fetch it from Secrets Manager.`;
    }
    if (value === null || typeof value === 'object') {
      const kind = value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object';
      return `${name} is ${kind}: export a string, number or boolean instead (join a list with commas).`;
    }
    return [];
  });
  if (problems.length > 0) {
    throw new Error(problems.join('\n'));
  }
  return outputs as FlatOutputs;
}

if (require.main === module) {
  try {
    const { values } = parseArgs({ options: { stack: { type: 'string' } } });
    const outputs = exportOutputs(path.resolve(__dirname, '..'), values.stack);
    console.log(`${Object.keys(outputs).length} outputs written to ${FILE}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
