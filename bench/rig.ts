import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { Client } from 'pg';
import { compile, ENTRY_POINTS } from '../lib/compile';
import { createCertificates } from '../local/services/certificates';
import { Children } from '../local/services/children';
import { startPostgres } from '../local/services/postgres';
import { preparePython } from '../local/services/python';
import { startValkey } from '../local/services/valkey';
import { cpuSeconds } from './cpu';

const ROOT = join(__dirname, '..');
/** Node 24, the functions' runtime. */
const NODE = require.resolve('node/bin/node');
const USER = 'bench';

/** CPU seconds by who used them; `tls` is this process, which ends Redis's TLS as ElastiCache does in its server. */
export type Cpu = Record<'redis' | 'postgres' | 'tls', number>;

/** Servers of this run on loopback, the functions as they are deployed, and a process that runs them. */
export interface Rig {
  /** The database as its owner. */
  owner: Client;
  cpu(): Cpu;
  /** Calls a function of the worker, which `bench/data-path/worker.ts` lists. */
  call<T>(command: string, ...args: unknown[]): Promise<T>;
  /** Folder of the functions' bundles, `processor.js` and the others. */
  folder: string;
  /** Runs a script to its end in a process with a function's environment. @returns the one message that it sends */
  fork(script: string, args: string[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts Valkey and PostgreSQL, migrates the database, and starts a worker with the processor's own bundle. */
export async function startRig(): Promise<Rig> {
  const { valkeyServer } = await preparePython({ log: console.log });
  const children = await Children.create();
  try {
    return await start(children, valkeyServer);
  } catch (error) {
    await children.stop();
    throw error;
  }
}

async function start(children: Children, valkeyServer: string): Promise<Rig> {
  const certificates = await createCertificates();
  const master = { username: 'master', password: 'Bench-only-1' };
  const [postgres, valkey] = await Promise.all([
    startPostgres(children, { master, certificates }),
    startValkey(children, valkeyServer, certificates),
  ]);
  await postgres.createDatabase('transactions');
  await valkey.setUser(USER, 'on ~* +@all');

  const folder = join(children.directory, 'functions');
  await mkdir(folder);
  const bundles = await compile(ROOT, {
    ...ENTRY_POINTS,
    worker: 'bench/data-path/worker.ts',
    'sign-in': 'bench/cold-start/sign-in.ts',
  });
  await Promise.all([...bundles].map(([path, code]) => writeFile(join(folder, basename(path)), code)));
  await writeFile(join(folder, 'empty.js'), '');
  await writeFile(join(folder, 'rds-ca.pem'), certificates.authority);
  await writeFile(join(folder, 'rule-set.json'), await readFile(join(ROOT, 'processor/rules/rule-set.json')));

  const secrets = createServer((_, response) => response.end(JSON.stringify({ SecretString: JSON.stringify(master) })));
  await new Promise<void>((resolve) => secrets.listen(0, '127.0.0.1', resolve));
  children.beforeStop(async () => secrets.closeAllConnections());
  children.beforeStop(async () => secrets.close());
  const environment = {
    ALLOWED_LATENESS_MINUTES: '60',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(secrets.address() as AddressInfo).port}`,
    AWS_LAMBDA_FUNCTION_NAME: 'bench',
    AWS_REGION: 'ap-northeast-1',
    AWS_SECRET_ACCESS_KEY: 'bench',
    DATABASE_HOST: 'localhost',
    DATABASE_NAME: 'transactions',
    DATABASE_PORT: String(postgres.serverPort),
    DATABASE_SECRET_ARN: 'arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:bench',
    DATABASE_USER: 'tap_processor',
    LAMBDA_TASK_ROOT: folder,
    NODE_EXTRA_CA_CERTS: join(folder, 'rds-ca.pem'),
    POWERTOOLS_METRICS_NAMESPACE: 'Bench',
    POWERTOOLS_SERVICE_NAME: 'bench',
    REDIS_HOST: 'localhost',
    REDIS_PORT: String(valkey.port),
    REDIS_REPLICATION_GROUP: 'bench',
    REDIS_USER: USER,
  };
  const { call } = startWorker(children, join(folder, 'worker.js'), environment);
  await call('migrate');

  const owner = new Client({
    host: 'localhost',
    port: postgres.serverPort,
    database: 'transactions',
    user: master.username,
    password: master.password,
    ssl: { ca: certificates.authority },
  });
  await owner.connect();
  children.beforeStop(() => owner.end());
  const pidOf = (name: string) => children.processes().find((child) => child.name === name)?.pid as number;
  return {
    owner,
    call,
    folder,
    fork: (script, args) =>
      answerOf(fork(script, args, { execPath: NODE, execArgv: [], env: environment, silent: true })),
    cpu() {
      const { user, system } = process.cpuUsage();
      return {
        redis: cpuSeconds(pidOf('valkey')),
        postgres: cpuSeconds(pidOf('postgres')),
        tls: (user + system) / 1e6,
      };
    },
    stop: () => children.stop(),
  };
}

function startWorker(children: Children, file: string, environment: Record<string, string>): Pick<Rig, 'call'> {
  const child: ChildProcess = children.start({
    name: 'worker',
    command: NODE,
    args: [file],
    env: { PATH: '/usr/bin:/bin', ...environment },
    own: true,
    ipc: true,
  });
  return {
    call: <T>(command: string, ...args: unknown[]) =>
      new Promise<T>((resolve, reject) => {
        const onExit = () => reject(new Error(`the worker ended:\n${children.log('worker', 20).join('\n')}`));
        child.once('exit', onExit);
        child.once('message', ({ result, error }: { result: T; error?: string }) => {
          child.off('exit', onExit);
          if (error === undefined) resolve(result);
          else reject(new Error(`${command}: ${error}\n${children.log('worker', 5).join('\n')}`));
        });
        child.send({ command, args });
      }),
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.stdout?.resume();
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`it ended with code ${code} and no answer: ${errors}`)));
  });
}
