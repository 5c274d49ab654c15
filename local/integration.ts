import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startPlatform } from './platform';
import { MissingPythonError, preparePython } from './services/python';

const PROJECT = join(__dirname, '..');
/** Says that the outputs file and the environment already name a deployed stack. */
const DEPLOYED = '--deployed';

/** Runs one of Jest's projects. @returns jest's exit code */
function runTests(project: string, args: readonly string[], environment: Record<string, string>): Promise<number> {
  const jest = join(PROJECT, 'node_modules', 'jest', 'bin', 'jest.js');
  const child = spawn(process.execPath, [jest, '--selectProjects', project, ...args], {
    cwd: PROJECT,
    env: { ...process.env, ...environment },
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * `npm run test:integration [-- --deployed] [jest's options]`: against a deployed stack, or else on this machine: first what
 * starts its own servers or whole runs, then the stack run here.
 */
async function main(): Promise<number> {
  const args = process.argv.slice(2);
  if (args.includes(DEPLOYED)) {
    return runTests(
      'integration',
      args.filter((arg) => arg !== DEPLOYED),
      {},
    );
  }
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort());
  const log = (line: string) => void process.stdout.write(`${line}\n`);
  await preparePython({ log, signal: interrupted.signal });
  const failed = await runTests('stores', args, {});
  if (failed !== 0) return failed;
  const platform = await startPlatform({
    log,
    signal: interrupted.signal,
    config: { archive: 'true', ingest: 'public' },
  });
  platform.poller.on('error', (error) => log(error.message));
  platform.poller.on('batch', ({ error }) => {
    if (error !== undefined) log(`an attempt of the function failed: ${error}`);
  });
  try {
    return await runTests('integration', args, { ...platform.environment, TAP_TARGET: 'local' });
  } finally {
    await platform.stop();
  }
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    if (error instanceof MissingPythonError) {
      process.stdout.write(`Integration tests skipped: ${error.message}\n`);
      process.exit(0);
    }
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
