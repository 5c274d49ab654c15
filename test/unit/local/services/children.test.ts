import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Children } from '../../../../local/services/children';

const PROJECT = resolve(__dirname, '../../../..');
const env = { PATH: '/usr/bin:/bin' };

/** Every test starts processes. */
jest.setTimeout(40_000);

/** Whether a process runs. One that has ended and that nobody has collected yet does not. */
function runs(pid: number): boolean {
  const status = `/proc/${pid}/stat`;
  if (!existsSync('/proc/self/stat')) return isThere(pid);
  if (!existsSync(status)) return false;
  return !/^\d+ \(.*\) Z/.test(require('node:fs').readFileSync(status, 'utf8'));
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 15_000; Date.now() < end; ) {
    if (holds()) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`not within 15 seconds: ${what}`);
}

test('stopping ends every process and removes the directory', async () => {
  const children = await Children.create();
  const child = children.start({ name: 'sleeper', command: 'sleep', args: ['600'], env });
  const stubborn = children.start({
    name: 'stubborn',
    command: 'sh',
    args: ['-c', 'trap "" INT; while :; do sleep 0.1; done'],
    env,
  });
  expect(children.processes()).toEqual([
    { pid: child.pid, name: 'sleeper', own: false },
    { pid: stubborn.pid, name: 'stubborn', own: false },
  ]);
  await children.stop();
  expect([runs(child.pid ?? 0), runs(stubborn.pid ?? 0), existsSync(children.directory)]).toEqual([
    false,
    false,
    false,
  ]);
  expect(() => children.start({ name: 'late', command: 'sleep', args: ['1'], env })).toThrow('late is not started');
});

test('what this process holds open is closed once, and a failure to close it hinders nothing', async () => {
  const children = await Children.create();
  const closed: string[] = [];
  children.beforeStop(async () => closed.push('first'));
  children.beforeStop(async () => {
    throw new Error('closed already');
  });
  await children.stop();
  await children.stop();
  expect([closed, existsSync(children.directory)]).toEqual([['first'], false]);
});

test('nothing is left when the main process is killed', async () => {
  const script = join(PROJECT, 'test', 'unit', 'local', 'services', `killed-${process.pid}.ts`);
  writeFileSync(
    script,
    `import { Children } from '../../../../local/services/children';
    Children.create().then((children) => {
      const child = children.start({ name: 'sleeper', command: 'sleep', args: ['600'], env: { PATH: '/usr/bin:/bin' } });
      console.log(JSON.stringify({ pid: child.pid, directory: children.directory }));
    });`,
  );
  try {
    const main = spawn(process.execPath, ['--import', 'tsx', script], {
      cwd: PROJECT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await new Promise<string[]>((done) =>
      createInterface(main.stdout).once('line', (text) => done([text])),
    );
    const { pid, directory } = JSON.parse(line ?? '');
    expect([runs(pid), existsSync(directory)]).toEqual([true, true]);
    main.kill('SIGKILL');
    await until('the end of the child', () => !runs(pid));
    await until('the end of the directory', () => !existsSync(directory));
  } finally {
    rmSync(script);
  }
});

test('a program that fails is named with its exit code and its last lines', async () => {
  const children = await Children.create();
  const args = ['-c', 'echo first; echo second >&2; exit 3'];
  await expect(children.run({ name: 'failing', command: 'sh', args, env })).rejects.toThrow(
    'failing failed (exit code 3):\nfirst\nsecond',
  );
  await children.stop();
});

test('a server that ends before it is ready is named with its last lines', async () => {
  const children = await Children.create();
  const child = children.start({ name: 'server', command: 'sh', args: ['-c', 'echo port taken; exit 1'], env });
  const probe = () => Promise.reject(new Error('connection refused'));
  await expect(children.ready(child, 'server', 10_000, probe)).rejects.toThrow(
    'server did not start: ended with code 1\nport taken',
  );
  await children.stop();
});

test('a program that is not there is named', async () => {
  const children = await Children.create();
  const child = children.start({ name: 'ghost', command: '/no/such/program', args: [], env });
  const probe = () => Promise.reject(new Error('connection refused'));
  await expect(children.ready(child, 'ghost', 10_000, probe)).rejects.toThrow(
    'ghost did not start: spawn /no/such/program ENOENT',
  );
  await children.stop();
});

test('a service that ends by itself is told of, one that is killed or stopped is not', async () => {
  const children = await Children.create();
  const lost: string[] = [];
  const start = async (name: string) => {
    const child = children.start({ name, command: 'sleep', args: ['600'], env });
    await children.ready(child, name, 1_000, async () => undefined);
    return child;
  };
  const [valkey, postgres] = [await start('valkey'), await start('postgres'), await start('ministack')];
  const process = children.start({ name: 'function', command: 'sleep', args: ['600'], env });
  children.onServiceLost(({ message }) => lost.push(message));
  process.kill('SIGKILL');
  await children.kill(postgres);
  valkey.kill('SIGKILL');
  await until('three have ended', () => children.processes().length === 1);
  await children.stop();
  expect(lost).toEqual(['valkey ended unexpectedly (SIGKILL)']);
});
