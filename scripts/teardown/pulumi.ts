import { spawnSync } from 'node:child_process';
import type { StateResource } from './receipt';

/** Exit code of the Pulumi CLI when there is no such stack. */
const NO_STACK = 6;

/** What Pulumi knows of a stack. */
export interface Inventory {
  /** Resources of providers; components and providers are no more than names. */
  resources: StateResource[];
  /** Operations that were broken off: what they were to make may be there. */
  pending: StateResource[];
  environmentSuffix?: string;
  region?: string;
  dbSecretArn?: string;
  /** Name of the snapshot that RDS takes when the database is destroyed. */
  finalSnapshot?: string;
  /** Whether RDS then retains its automated backups. */
  retainsBackups: boolean;
}

interface Exported {
  deployment: {
    resources?: ExportedResource[];
    pending_operations?: { resource: ExportedResource }[];
  };
}

interface ExportedResource {
  urn: string;
  type: string;
  id?: string;
  custom?: boolean;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/**
 * Reads the stack's state. Secrets in it stay encrypted.
 *
 * @returns undefined when there is no such stack
 * @throws Error with what the CLI says when it cannot be read
 */
export function readInventory(project: string, stack: string): Inventory | undefined {
  const { status, stdout, stderr } = pulumi(
    project,
    ['stack', 'export', '--stack', stack, '--non-interactive'],
    'pipe',
  );
  if (status === NO_STACK) return undefined;
  if (status !== 0) throw new Error(`the state of ${stack} cannot be read: ${stderr.trim()}`);
  const { deployment } = JSON.parse(stdout) as Exported;
  const all = deployment.resources ?? [];
  const provider = all.find(({ type }) => type === 'pulumi:providers:aws')?.inputs;
  const outputs = all.find(({ type }) => type === 'pulumi:pulumi:Stack')?.outputs;
  const database = all.find(({ type }) => type === 'aws:rds/instance:Instance')?.inputs;
  return {
    resources: all.filter(isReal).map(asResource),
    pending: (deployment.pending_operations ?? []).map(({ resource }) => asResource(resource)),
    environmentSuffix: defaultTags(provider).Environment,
    region: text(provider?.region),
    dbSecretArn: text(outputs?.dbSecretArn),
    finalSnapshot: text(database?.finalSnapshotIdentifier),
    retainsBackups: database?.deleteAutomatedBackups === false,
  };
}

/**
 * Destroys the stack, telling what happens as it does, and then removes the empty stack. Its settings file stays, which
 * `destroy --remove` would delete: a preset is not the stack's to take along.
 *
 * @returns the CLI's exit code
 */
export function destroy(project: string, stack: string): number {
  const named = ['--yes', '--non-interactive', '--stack', stack];
  const { status } = pulumi(project, ['destroy', '--refresh', '--continue-on-error', ...named], 'inherit');
  if (status !== 0) return status;
  return pulumi(project, ['stack', 'rm', '--preserve-config', ...named], 'inherit').status;
}

function pulumi(project: string, args: string[], output: 'pipe' | 'inherit') {
  const { error, status, stdout, stderr } = spawnSync('pulumi', args, {
    cwd: project,
    env: process.env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28, // a state of a hundred resources is about a megabyte
    stdio: ['ignore', output, output],
  });
  if (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? new Error('The Pulumi CLI is not on the PATH. Install it: https://www.pulumi.com/docs/install/')
      : error;
  }
  return { status: status ?? 1, stdout: stdout ?? '', stderr: stderr ?? '' };
}

function isReal({ type, custom }: ExportedResource): boolean {
  return custom === true && !type.startsWith('pulumi:');
}

function asResource({ urn, type, id }: ExportedResource): StateResource {
  return { type, name: urn.split('::').at(-1) ?? urn, id: id ?? '' };
}

/** A provider's inputs that are no strings are written as JSON. */
function defaultTags(provider: Record<string, unknown> | undefined): Record<string, string> {
  const value = provider?.defaultTags;
  const parsed = (typeof value === 'string' ? JSON.parse(value) : value) as
    | { tags?: Record<string, string> }
    | undefined;
  return parsed?.tags ?? {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
