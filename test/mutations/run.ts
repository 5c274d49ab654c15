import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mutation, mutations } from './mutations';

const PROJECT = join(__dirname, '../..');
const COPIED = ['processor', 'lib', 'local', 'test', 'jest.config.js', 'tsconfig.json', 'package.json'];
const LINKED = ['node_modules', '.local'];

/**
 * `npm run mutations [-- number ...]`: takes away one safeguard of the detection core after the other, in a copy of the
 * sources, and runs the tests that must notice. Exit code 1 when one is not missed.
 */
function main(numbers: readonly string[]): number {
  const copy = mkdtempSync(join(tmpdir(), 'tap-mutations-'));
  try {
    for (const name of COPIED) cpSync(join(PROJECT, name), join(copy, name), { recursive: true });
    for (const name of LINKED) symlinkSync(join(PROJECT, name), join(copy, name));
    let survived = 0;
    for (const [index, mutation] of mutations.entries()) {
      if (numbers.length > 0 && !numbers.includes(String(index + 1))) continue;
      const failed = failsWith(copy, mutation);
      if (failed.length === 0) survived += 1;
      console.log(`${String(index + 1).padStart(2)}  ${mutation.takesAway}`);
      console.log(`    ${failed.length === 0 ? 'NOT MISSED BY ANY TEST' : `missed by: ${failed.join('; ')}`}`);
    }
    return survived === 0 ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** Names of the tests that fail under a mutation. @throws when the mutation does not apply, or the tests do not run */
function failsWith(copy: string, { file, from, to, project, tests }: Mutation): string[] {
  const target = join(copy, file);
  const source = readFileSync(target, 'utf8');
  if (source.split(from).length !== 2) throw new Error(`${file} holds not exactly once: ${from}`);
  writeFileSync(
    target,
    source.replace(from, () => to),
  );
  try {
    const report = join(copy, 'report.json');
    const jest = join(PROJECT, 'node_modules/jest/bin/jest.js');
    const args = ['--selectProjects', project, '--testPathPatterns', tests, '--json', '--outputFile', report];
    const { stderr } = spawnSync(process.execPath, [jest, ...args, '--silent'], { cwd: copy, encoding: 'utf8' });
    const { numTotalTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as JestReport;
    if (numTotalTests === 0) throw new Error(`no test ran: ${stderr.slice(-2_000)}`);
    return testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === 'failed').map(({ title }) => title),
    );
  } finally {
    writeFileSync(target, source);
  }
}

interface JestReport {
  numTotalTests: number;
  testResults: { assertionResults: { status: string; title: string }[] }[];
}

process.exitCode = main(process.argv.slice(2));
