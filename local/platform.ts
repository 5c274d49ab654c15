import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { Pool } from 'pg';
import { KinesisTransport, type Transport } from '../producer';
import { type Credentials, createClients } from './deploy/clients';
import { startDeployment } from './deploy/start';
import { writeOutputs } from './outputs-file';
import { Delivery } from './runtime/delivery';
import { kinesisEvent } from './runtime/events';
import { keepFailed } from './runtime/failure-destination';
import { type FunctionDefinition, LocalFunction } from './runtime/function';
import { startInvokeEndpoint } from './runtime/invoke-endpoint';
import { StreamPoller } from './runtime/poller';
import type { BatchReport, FailedBatch } from './runtime/reports';
import { Schedules } from './runtime/schedule';
import { kinesisStream, overheard } from './runtime/stream';
import { createCertificates } from './services/certificates';
import { Children } from './services/children';
import { ACCOUNT, startMiniStack } from './services/ministack';
import { freePort } from './services/ports';
import { type Postgres, startPostgres } from './services/postgres';
import { type PythonEnvironment, preparePython } from './services/python';
import { startValkey, type Valkey } from './services/valkey';

export interface PlatformOptions {
  /** Receives one line per step, for a person to read: what is being prepared, started or deployed. */
  log: (line: string) => void;
  /** Rule-set file to deploy. @default the stack's own, `processor/rules/rule-set.json` */
  ruleSetFile?: string;
  /** Further configuration values of the stack, by key without the project's name. */
  config?: Record<string, string>;
  /** Aborting it while the platform starts ends what has been started and makes `startPlatform` reject. */
  signal?: AbortSignal;
}

/** A child process of the platform. */
export interface PlatformProcess {
  pid: number;
  /** E.g. `ministack`, `valkey`, `postgres`, `stream function 1`. */
  name: string;
  /** True for the project's own Node processes (this one is not listed). */
  own: boolean;
}

/**
 * What reads the stream and calls the processor, as Lambda's event source mapping does. Events: `batch` after every attempt of the
 * function, `failed` after records went to the failure destination, `error` when the stream itself cannot be read.
 */
export interface Poller extends EventEmitter<{ batch: [BatchReport]; failed: [FailedBatch]; error: [Error] }> {
  /** Records settled since the start: stored, or written to the failure destination. Each is counted once. */
  readonly settledRecords: number;
  /** Those of `settledRecords` that went to the failure destination. */
  readonly failedRecords: number;
  /** Resolves once `expectedRecords` records have been settled since the start; rejects when the poller stops before. */
  drained(expectedRecords: number): Promise<void>;
}

/** The deployed stack, running on this machine. */
export interface Platform {
  /** The stack's outputs, as in `cfn-outputs/flat-outputs.json`. */
  outputs: Record<string, string | number>;
  /** Client for the emulator's streams. */
  kinesis: KinesisClient;
  /** How producers put records on the stream: through the ingest, where the stack has one. */
  transport: Transport;
  /** Connections to the database as `tap_operator`, who may read everything. */
  database: Pool;
  /** Environment variables (SDK endpoints, credentials, authority file) under which a program takes this platform for AWS. */
  environment: Record<string, string>;
  poller: Poller;
  /** The rules that invoke functions at the rates they have on AWS. */
  schedules: Schedules;
  /** The servers behind the stack, for who wants to see what happens without them. */
  servers: { valkey: Pick<Valkey, 'cut' | 'crash'>; postgres: Pick<Postgres, 'cut' | 'crash'> };
  /** The processes that run now, without this one. */
  processes(): PlatformProcess[];
  /** The last log lines of the functions, oldest first, for an error display. */
  functionLog(lines: number): string[];
  /** Ends every process and removes the run's data. Calling it again returns the same promise. */
  stop(): Promise<void>;
}

const REGION = 'ap-northeast-1';
/** Name of the stack, and the environment suffix of everything. */
const STACK = 'local';

/** Environments of a function at a time: one per core, and not so many that their memory adds up. */
const CONCURRENCY = Math.min(2, availableParallelism());

/**
 * Starts emulator, Valkey and PostgreSQL, deploys `TapStack` onto them, migrates the database, starts the functions and the poller,
 * and writes `cfn-outputs/flat-outputs.json`. On first use it prepares the Python environment under `.local/`.
 *
 * @throws MissingPythonError when there is no Python 3.10 or later; Error with the last lines of the log of a service or function that fails.
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { log, signal } = options;
  const python = await preparePython({ log, signal });
  signal?.throwIfAborted();
  const children = await Children.create();
  const aborted = () => void children.stop();
  signal?.addEventListener('abort', aborted, { once: true });
  try {
    return await start(children, python, options);
  } catch (error) {
    await children.stop();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', aborted);
  }
}

async function start(children: Children, python: PythonEnvironment, options: PlatformOptions): Promise<Platform> {
  const { log } = options;
  const began = Date.now();
  const deploy = startDeployment(children);
  const certificates = await createCertificates();
  const authorityFile = join(children.directory, 'authority.pem');
  await writeFile(authorityFile, certificates.authority);
  const master = { username: 'tap_master', password: randomBytes(24).toString('hex') };
  log('Starting the AWS emulator, Valkey and PostgreSQL ...');
  const [endpoint, valkey, postgres] = await Promise.all([
    startMiniStack(children, python.python, REGION),
    startValkey(children, python.valkeyServer, certificates),
    startPostgres(children, { master, certificates }),
  ]);
  const credentials = {
    accessKeyId: `LOCAL${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  const clients = createClients(endpoint, REGION, credentials);
  children.beforeStop(async () => {
    for (const client of Object.values(clients)) client.destroy();
  });
  await clients.secrets.send(
    new CreateSecretCommand({ Name: `rds-credentials-${STACK}`, SecretString: JSON.stringify(master) }),
  );

  log('Deploying the stack and migrating the database ...');
  const sdk = sdkEnvironment(endpoint, credentials, authorityFile);
  const functions = new Map<string, LocalFunction>();
  const fn = (definition: FunctionDefinition): LocalFunction => {
    const runtime = { children, environment: { PATH: '/usr/bin:/bin', ...sdk }, concurrency: CONCURRENCY };
    const known = functions.get(definition.name) ?? new LocalFunction(definition, runtime);
    functions.set(definition.name, known);
    return known;
  };
  const gatewayPort = await freePort();
  const deployment = await deploy(
    {
      config: stackConfig(options),
      region: REGION,
      account: ACCOUNT,
      endpoint,
      credentials,
      cachePort: valkey.port,
      databasePort: postgres.port,
      gatewayPort,
      directory: join(children.directory, 'functions'),
      authority: certificates.authority,
    },
    {
      setUser: valkey.setUser,
      createDatabase: postgres.createDatabase,
      async invoke(definition, event) {
        const called = fn(definition);
        const answer = await called.invoke(event, `${definition.arn}:$LATEST`); // the provider always names a version
        if (answer.error === undefined) return answer.result;
        const { errorType, errorMessage } = answer.error;
        throw new Error([`${errorType}: ${errorMessage}`, ...called.log(10)].join('\n'));
      },
    },
  );
  const { outputs } = deployment;
  const deployed = deployment.functions.map(fn);

  const [mapping] = deployment.mappings;
  const processor = deployed.find(({ definition }) => definition.arn === mapping?.functionArn);
  if (mapping === undefined || processor === undefined) throw new Error('the stack has no event source mapping');
  const stream = kinesisStream(clients.kinesis, mapping.streamName);
  const deliveries = deployment.deliveries.map((settings) => {
    const transformer = deployed.find(({ definition }) => definition.arn === settings.functionArn);
    if (transformer === undefined) throw new Error(`the delivery stream ${settings.name} names no deployed function`);
    return new Delivery({
      settings,
      s3: clients.s3,
      invoke: (event) => transformer.invoke(event, `${settings.functionArn}:$LATEST`),
      failed: (error) => poller.fail(error),
    });
  });
  children.beforeStop(async () => {
    for (const delivery of deliveries) delivery.stop();
  });
  const poller: StreamPoller = new StreamPoller({
    mapping,
    // The emulator's stream has one reader, which others listen to.
    stream: deliveries.reduce(
      (source, delivery) => overheard(source, (records, shardId) => delivery.take(records, shardId)),
      stream,
    ),
    invoke: (records, shardId) => processor.invoke(kinesisEvent(records, shardId, mapping)),
    keepFailed: (discarded) => keepFailed(clients.s3, discarded, mapping),
  });
  children.beforeStop(async () => void poller.stop());
  await poller.start();
  const schedules = new Schedules(deployment.schedules, async ({ functionArn, event }) => {
    const fn = deployed.find(({ definition: { arn } }) => `${functionArn}:`.startsWith(`${arn}:`));
    if (fn === undefined) throw new Error(`a schedule names no deployed function: ${functionArn}`);
    return fn.invoke(event, functionArn);
  });
  schedules.start();
  children.beforeStop(async () => schedules.stop());
  children.onServiceLost((error) => poller.fail(error));
  const invokeEndpoint = await startInvokeEndpoint(deployed, credentials.accessKeyId);
  children.beforeStop(invokeEndpoint.close);
  let transport: Transport = new KinesisTransport(clients.kinesis, String(outputs.kinesisStreamName));
  if (outputs.ingestUrl !== undefined) {
    const { startIngest } = await import('./ingest'); // what it takes is not loaded without
    const { gateway } = deployment;
    const ingest = await startIngest({
      gateway,
      port: gatewayPort,
      certificates,
      credentials,
      region: REGION,
      kinesisUrl: endpoint,
    });
    children.beforeStop(ingest.close);
    transport = ingest.transport;
  }
  const database = new Pool({
    host: '127.0.0.1',
    port: postgres.port,
    database: String(outputs.rdsDatabaseName),
    user: 'tap_operator',
    ssl: { ca: certificates.authority },
    max: 4,
  });
  database.on('error', () => undefined); // a connection that ends with the server; the next query makes another
  children.beforeStop(() => database.end());
  await writeOutputs(outputs);
  log(`The stack runs on this machine (${((Date.now() - began) / 1000).toFixed(1)} s).`);

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    await children.stop();
    await poller.stop();
  };
  return {
    outputs,
    kinesis: clients.kinesis,
    transport,
    database,
    environment: { ...sdk, AWS_ENDPOINT_URL_LAMBDA: invokeEndpoint.url },
    poller,
    schedules,
    servers: { valkey, postgres },
    processes: () => children.processes(),
    functionLog: (lines) => deployed.flatMap((known) => known.log(lines)).slice(-lines),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Settings of the stack: those of a throw-away environment, then what the caller asks for. */
function stackConfig({ ruleSetFile, config }: PlatformOptions): Record<string, string> {
  const settings: Record<string, string> = {
    environmentSuffix: STACK,
    region: REGION,
    ephemeral: 'true',
    archive: 'false', // what it stores in the emulator is held in memory
    ...config,
    ...(ruleSetFile !== undefined && { ruleSetFile: resolve(ruleSetFile) }),
  };
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`tap-stack:${key}`, value]));
}

/** Variables by which the SDKs find the emulator, with the credentials of this run and nothing of the user's own settings. */
function sdkEnvironment(endpoint: string, credentials: Credentials, authorityFile: string): Record<string, string> {
  return {
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: '',
    AWS_PROFILE: '',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    NODE_EXTRA_CA_CERTS: authorityFile,
  };
}
