import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Figures } from './main';
import { median } from './statistics';

const PROJECT = path.resolve(__dirname, '..');
const RUNS = 5;

/** Time that evaluating the program may take, seconds. */
const LIMIT_SECONDS = 2.5;

/**
 * Evaluates the program five times, each in a new process and with the loader that Pulumi's language host uses, bundling
 * of the functions included. Loading the SDK alone is timed in turn: the ratio of the two holds on any machine.
 */
export function run(): Figures {
  const program: number[] = [];
  const reference: number[] = [];
  let resources = '';
  for (let run = 0; run < RUNS; run += 1) {
    reference.push(time('reference.ts').seconds);
    const { seconds, stdout } = time('evaluate.ts');
    program.push(seconds);
    resources = stdout.trim();
  }
  const seconds = median(program);
  console.log(`program    ${format(program)}, ${resources} resources`);
  console.log(`SDK alone  ${format(reference)}`);
  console.log(`ratio      ${(seconds / median(reference)).toFixed(2)}`);
  console.log(`limit      ${LIMIT_SECONDS} s: ${seconds <= LIMIT_SECONDS ? 'kept' : 'exceeded'}`);
  return { evaluationSeconds: seconds };
}

function time(script: string): { seconds: number; stdout: string } {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--require', 'ts-node/register/transpile-only', path.join(__dirname, script)],
    {
      cwd: PROJECT,
      encoding: 'utf8',
      env: { ...process.env, TS_NODE_PROJECT: path.join(PROJECT, 'tsconfig.pulumi.json') },
    },
  );
  const seconds = (performance.now() - start) / 1_000;
  if (status !== 0) throw new Error(`${script} failed: ${stderr}`);
  return { seconds, stdout };
}

function format(seconds: number[]): string {
  const sorted = seconds.toSorted((a, b) => a - b).map((value) => value.toFixed(2));
  return `median ${median(seconds).toFixed(2)} s of ${sorted.join(', ')}`;
}
