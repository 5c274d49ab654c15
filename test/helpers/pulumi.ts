import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { ACCOUNT, computed, REGION } from '../../scripts/computed';
import { onRegistered, type RegisterRequest } from '../../scripts/registrations';

export { ACCOUNT, REGION };

export const SECRET_ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:rds-credentials-dev-AbCdEf`;

/** A resource as the engine would be asked to register it: its inputs, and the options that Pulumi's mocks leave out. */
export interface RecordedResource {
  type: string;
  name: string;
  urn: string;
  custom: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: inputs of any resource type
  inputs: Record<string, any>;
  /** Names of the inputs that hold a secret. */
  secretInputs: string[];
  parent: string;
  provider: string;
  /** URNs of every resource this one waits for, through `dependsOn` or an input. */
  dependencies: string[];
  protect: boolean;
  deleteBeforeReplace: boolean;
  /** Inputs whose changes the engine does not look at. */
  ignoreChanges: string[];
  /** How long a deletion may take, as `50m`; empty for the provider's own. */
  deleteTimeout: string;
  /** What `registerOutputs` was given; undefined as long as it was not called. */
  outputs?: Record<string, unknown>;
}

type Inputs = Record<string, unknown>;
type Invokes = Record<string, (inputs: Inputs) => Inputs>;

/** Data sources the stack reads. Any other one throws. */
const INVOKES: Invokes = {
  'aws:index/getCallerIdentity:getCallerIdentity': () => ({ accountId: ACCOUNT }),
  'aws:index/getAvailabilityZones:getAvailabilityZones': () => ({
    names: ['ap-northeast-1a', 'ap-northeast-1c', 'ap-northeast-1d'],
  }),
  'aws:secretsmanager/getSecret:getSecret': () => ({ arn: SECRET_ARN }),
  'aws:secretsmanager/getSecretVersion:getSecretVersion': () => ({
    secretString: '{"username":"dbmaster","password":"correct-horse-battery"}',
  }),
};

export interface MockOptions {
  /** Settings of the project, without its name. */
  config?: Record<string, string>;
  /** Keys among them that were set with `--secret`. */
  secretKeys?: string[];
  stack?: string;
  /** Whether computed outputs are unknown, as in the preview of an empty stack. */
  preview?: boolean;
  invokes?: Invokes;
}

/** Everything that one evaluation of a program registered. */
export class Recording {
  readonly resources: RecordedResource[] = [];
  readonly calls: { token: string; inputs: Inputs; provider: string }[] = [];

  ofType(type: string): RecordedResource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /** The one resource of that type, and of that name where there are several. */
  find(type: string, name?: string): RecordedResource {
    const found = this.ofType(type).filter((resource) => name === undefined || resource.name === name);
    if (found.length !== 1) {
      throw new Error(`${found.length} resources of type ${type}${name ? ` named ${name}` : ''}, not 1`);
    }
    return found[0] as RecordedResource;
  }

  /** Names of the resources that this one waits for, through others as well. */
  closure(resource: RecordedResource): Set<string> {
    const names = new Set<string>();
    const visit = ({ dependencies }: RecordedResource) => {
      for (const dependency of this.resources.filter(({ urn }) => dependencies.includes(urn))) {
        const key = `${dependency.type} ${dependency.name}`;
        if (names.has(key)) continue;
        names.add(key);
        visit(dependency);
      }
    };
    visit(resource);
    return names;
  }
}

/** Starts an evaluation under mocks; import the program after it, and await `settled` before reading the recording. */
export async function mockPulumi(options: MockOptions = {}): Promise<Recording> {
  const recording = new Recording();
  const invokes = { ...INVOKES, ...options.invokes };
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => ({
        id: `${name}-id`,
        state: options.preview ? plain(inputs) : { ...computed(type, name, plain(inputs)), ...plain(inputs) },
      }),
      call: ({ token, inputs, provider }) => {
        const invoke = invokes[token];
        if (!invoke) throw new Error(`the test mocks no data source ${token}`);
        recording.calls.push({ token, inputs, provider: provider ?? '' });
        return invoke(inputs);
      },
    },
    'tap-stack',
    options.stack ?? 'dev',
    options.preview ?? false,
  );
  const config = Object.entries(options.config ?? {}).map(([key, value]) => [
    key.includes(':') ? key : `tap-stack:${key}`,
    value,
  ]);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(config),
    options.secretKeys?.map((key) => `tap-stack:${key}`),
  );
  record(recording);
  return recording;
}

/** Waits until everything has been registered. */
export async function settled(): Promise<void> {
  await pulumi.runtime.disconnect();
}

/** The value of an output; rejects where `apply` would be silent. */
export function promiseOf<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise(): Promise<T> }).promise();
}

/** Parses the one policy document of a resource. */
export function policyOf(resource: RecordedResource, input = 'policy') {
  return JSON.parse(resource.inputs[input]) as { Version: string; Statement: Record<string, unknown>[] };
}

/** A project folder with functions that are quick to bundle; `remove` it afterwards. */
export function fixtureProject(files: Record<string, string> = {}): {
  root: string;
  ruleSetFile: string;
  remove(): void;
} {
  const root = mkdtempSync(join(tmpdir(), 'tap-project-'));
  const all = {
    'processor/handler.ts': 'export const handler = async (): Promise<string> => "stream";',
    'processor/operations.ts': 'export const handler = async (): Promise<string> => "operations";',
    'processor/publisher.ts': 'export const handler = async (): Promise<string> => "publisher";',
    'processor/archive.ts': 'export const handler = async (): Promise<string> => "archiver";',
    'processor/migrations/0001_first.sql': 'CREATE SCHEMA tap;',
    'processor/rules/rule-set.json': '{"version":"fixture"}',
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return {
    root,
    ruleSetFile: join(root, 'processor/rules/rule-set.json'),
    remove: () => rmSync(root, { recursive: true }),
  };
}

interface OutputsRequest {
  getUrn(): string;
  getOutputs(): { toJavaScript(): Inputs };
}

/** Takes down what the mocks are asked to register, and what components then say of their outputs. */
function record(recording: Recording): void {
  onRegistered((request, urn) => recording.resources.push(recorded(request, urn)));
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResourceOutputs(request: OutputsRequest, callback: () => void): void;
  };
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResourceOutputs = (request, callback) => {
    const resource = recording.resources.find(({ urn }) => urn === request.getUrn());
    if (resource) resource.outputs = plain(request.getOutputs().toJavaScript());
    registerOutputs(request, callback);
  };
}

function recorded(request: RegisterRequest, urn: string): RecordedResource {
  const object = request.getObject().toJavaScript();
  return {
    type: request.getType(),
    name: request.getName(),
    urn,
    custom: request.getCustom(),
    inputs: plain(object),
    secretInputs: Object.keys(object).filter((key) => holdsSecret(object[key])),
    parent: request.getParent(),
    provider: request.getProvider() || (request.getProvidersMap().get('aws') ?? ''),
    dependencies: request.getDependenciesList(),
    protect: request.getProtect() ?? false,
    deleteBeforeReplace: request.getDeletebeforereplace(),
    ignoreChanges: request.getIgnorechangesList(),
    deleteTimeout: request.getCustomtimeouts()?.getDelete() ?? '',
  };
}

/** How the engine marks a secret on the wire. */
const SIGNATURE = '4dabf18193072939515e22adb298388d';
const SECRET = '1b47061264138c4ac30d75fd1eb44270';

function isSecret(value: unknown): value is { value: unknown } {
  return typeof value === 'object' && value !== null && (value as Inputs)[SIGNATURE] === SECRET;
}

function holdsSecret(value: unknown): boolean {
  if (isSecret(value)) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsSecret);
}

// biome-ignore lint/suspicious/noExplicitAny: as the inputs
function plain(value: unknown): any {
  if (isSecret(value)) return plain(value.value);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
