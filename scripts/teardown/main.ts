import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Names } from '../../lib/naming';
import { endWith } from '../command';
import { destroy, type Inventory, readInventory } from './pulumi';
import { asMarkdown, EXIT, exitCode, type Receipt, type StateResource } from './receipt';
import { createClients, type Scope, sweep } from './sweep';

const HELP = `npm run teardown -- --stack NAME --yes [options]: destroys a stack, looks for what is left, and writes a receipt

  --stack NAME      which stack, as the Pulumi CLI names it
  --yes             destroy it; without this nothing is destroyed
  --sweep           only look for what is left, and remove orphaned log groups; also for a stack that is gone
  --suffix SUFFIX   end of its names, where Pulumi no longer knows; the stack's name when absent
  --wait MINUTES    look again as long as something unexpected remains, 10 when absent
  --receipt FILE    FILE.md and FILE.json; teardown-<suffix> when absent

Exit codes: ${EXIT.clean} nothing unexpected remains, ${EXIT.failed} not carried out, ${EXIT.leftovers} something unexpected remains,
${EXIT.destroyFailed} pulumi destroy failed, ${EXIT.blind} not everywhere could be looked.`;

const LOOK_AGAIN_MS = 30_000;
const MINUTE_MS = 60_000;

export interface TeardownOptions {
  /** Folder with Pulumi.yaml. */
  project: string;
  stack: string;
  sweepOnly: boolean;
  suffix?: string;
  /** How long to wait for what AWS takes its time with, minutes. */
  waitMinutes: number;
  /** Told what goes on, in lines. */
  log: (line: string) => void;
}

/**
 * Destroys the stack and looks for what is left of it.
 *
 * @throws Error before anything is destroyed, when the stack or its region is not known
 */
export async function teardown(options: TeardownOptions): Promise<Receipt> {
  const { project, stack, sweepOnly, log } = options;
  const began = new Date().toISOString();
  const before = readInventory(project, stack);
  if (before === undefined && !sweepOnly) {
    throw new Error(
      `There is no stack ${stack}. To look for what it left: --sweep, and --suffix if its names end otherwise.`,
    );
  }
  const suffix = options.suffix ?? before?.environmentSuffix ?? stack.split('/').at(-1) ?? stack;
  const region = before?.region ?? process.env.AWS_REGION;
  if (region === undefined) throw new Error('The region is not known: set AWS_REGION.');
  const names = new Names(suffix);

  const destroyStatus = sweepOnly ? undefined : destroy(project, stack);
  const { inState, unread } = stateAfter(project, stack, before, sweepOnly);
  const scope = scopeOf(names, before, inState.length === 0 && unread.length === 0);
  const clients = createClients(region);
  const deadline = Date.now() + options.waitMinutes * MINUTE_MS;
  log(`Looking for what is left of ${suffix} in ${region} ...`);
  let swept = await sweep(scope, clients);
  const removed = swept.findings.filter(({ verdict }) => verdict === 'removed');
  while (swept.findings.some(({ verdict }) => verdict === 'unexpected') && Date.now() < deadline) {
    log(`${swept.findings.filter(({ verdict }) => verdict === 'unexpected').length} left; looking again in 30 s ...`);
    await sleep(LOOK_AGAIN_MS);
    swept = await sweep(scope, clients);
    removed.push(...swept.findings.filter(({ verdict }) => verdict === 'removed'));
  }
  const remaining = swept.findings.filter(({ verdict }) => verdict !== 'removed');
  const left = new Set(inState.map(keyOf));
  return {
    stack,
    environmentSuffix: suffix,
    region,
    began,
    ended: new Date().toISOString(),
    ...(destroyStatus !== undefined && { destroyStatus }),
    destroyed:
      sweepOnly || unread.length > 0 ? [] : (before?.resources ?? []).filter((resource) => !left.has(keyOf(resource))),
    inState,
    findings: [...removed, ...remaining],
    blind: [...unread, ...swept.blind],
  };
}

const keyOf = ({ type, name }: StateResource) => `${type} ${name}`;

/** What the state still holds. That it cannot be read once everything may be gone must not cost the receipt. */
function stateAfter(project: string, stack: string, before: Inventory | undefined, sweepOnly: boolean) {
  try {
    const after = sweepOnly ? before : readInventory(project, stack);
    return { inState: [...(after?.resources ?? []), ...(after?.pending ?? [])], unread: [] };
  } catch (error) {
    return {
      inState: [],
      unread: [{ place: "Pulumi's state", why: error instanceof Error ? error.message : String(error) }],
    };
  }
}

function scopeOf(names: Names, before: Inventory | undefined, destroyed: boolean): Scope {
  const idsOf = (type: string) =>
    (before?.resources ?? []).filter((resource) => resource.type === type).map(({ id }) => id);
  return {
    names,
    secretId: before?.dbSecretArn ?? `rds-credentials-${names.suffix}`,
    keyIds: idsOf('aws:kms/key:Key'),
    vpcIds: idsOf('aws:ec2/vpc:Vpc'),
    bucketNames: idsOf('aws:s3/bucket:Bucket'),
    finalSnapshot: before?.finalSnapshot,
    retainsBackups: before?.retainsBackups ?? false,
    destroyed,
  };
}

/** Destroys, looks, and writes the receipt. @returns the exit code */
export async function main(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      stack: { type: 'string' },
      yes: { type: 'boolean', default: false },
      sweep: { type: 'boolean', default: false },
      suffix: { type: 'string' },
      wait: { type: 'string', default: '10' },
      receipt: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return EXIT.clean;
  }
  if (values.stack === undefined) throw new Error(`--stack is missing\n\n${HELP}`);
  if (!values.yes && !values.sweep)
    throw new Error(`This destroys ${values.stack}: say so with --yes, or only --sweep.`);
  const waitMinutes = Number(values.wait);
  if (!(waitMinutes >= 0)) throw new Error(`--wait ${values.wait}: set it to a number of minutes from 0`);
  // A receipt that could not be written would be noticed only when everything is gone.
  if (values.receipt !== undefined) mkdirSync(path.dirname(values.receipt), { recursive: true });
  const receipt = await teardown({
    project: path.resolve(__dirname, '../..'),
    stack: values.stack,
    sweepOnly: values.sweep,
    suffix: values.suffix,
    waitMinutes,
    log: console.log,
  });
  const file = values.receipt ?? `teardown-${receipt.environmentSuffix}`;
  writeFileSync(`${file}.json`, `${JSON.stringify(receipt, null, 2)}\n`);
  writeFileSync(`${file}.md`, asMarkdown(receipt));
  console.log(asMarkdown(receipt));
  console.log(`Written to ${file}.md and ${file}.json`);
  return exitCode(receipt);
}

if (require.main === module) {
  endWith(main(process.argv.slice(2)), EXIT.failed);
}
