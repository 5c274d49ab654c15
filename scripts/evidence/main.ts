import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { endWith, pairs } from '../command';
import { evaluateGraph } from '../graph';
import { readPreset } from '../preset';
import { createClients, type Deployment, readAccount, readDeployment } from './account';
import { type Evidence, evidenceOf, isViolated } from './evidence';
import { asMarkdown } from './markdown';

const PROJECT = path.resolve(__dirname, '../..');

const HELP = `npm run evidence [-- options]: which clauses the stack serves, by what, and what is left to the operator

  --stack NAME       settings of Pulumi.NAME.yaml; dev when absent
  --set KEY=VALUE    another value of a setting, repeatable
  --deployed         also ask the account of cfn-outputs/flat-outputs.json; only reads
  --out DIR          where evidence.md and evidence.json go; evidence-NAME when absent
  --date YYYY-MM-DD  the date it bears; today when absent

Exit codes: 0 nothing is violated, 1 something is, 2 it could not be written.`;

export interface EvidenceOptions {
  stack: string;
  /** Settings that differ from the stack's file. */
  set: Record<string, string>;
  deployed: boolean;
  date: string;
}

/** @throws ConfigError for a wrong setting, Error where the account cannot be asked at all */
export async function collect({ stack, set, deployed, date }: EvidenceOptions): Promise<Evidence> {
  const settings = { ...readPreset(PROJECT, stack), ...set };
  const deployment = deployed ? readDeployment(PROJECT) : undefined;
  const resources = await evaluateGraph(settings, { stack, account: deployment?.account });
  const provider = resources.find(({ type }) => type === 'pulumi:providers:aws');
  const environmentSuffix = String(resources.find(({ defaultTags }) => defaultTags)?.defaultTags?.Environment);
  const region = String(provider?.inputs.region);
  if (deployment) checkSame(deployment, { environmentSuffix, region });
  return evidenceOf({
    stack,
    environmentSuffix,
    region,
    date,
    commit: commit(),
    resources,
    ...(deployment && { deployed: await readAccount(resources, deployment, createClients(region)) }),
  });
}

/** @throws Error when the outputs are of another environment than the settings make */
function checkSame(deployment: Deployment, evaluated: Pick<Deployment, 'environmentSuffix' | 'region'>): void {
  for (const key of ['environmentSuffix', 'region'] as const) {
    if (deployment[key] === evaluated[key]) continue;
    throw new Error(
      `cfn-outputs/flat-outputs.json is of ${key} ${deployment[key]}, the settings make ${evaluated[key]}: choose the stack by --stack, or run \`npm run outputs\` for this one`,
    );
  }
}

/** The commit that the program is at, and whether it has been changed since. */
function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: PROJECT, encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    return `${git('rev-parse', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ', with changes that are not committed'}`;
  } catch {
    return 'not known';
  }
}

/** Writes the evidence. @returns the exit code */
export async function main(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      stack: { type: 'string', default: 'dev' },
      set: { type: 'string', multiple: true, default: [] },
      deployed: { type: 'boolean', default: false },
      out: { type: 'string' },
      date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { stack, deployed, date } = values;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new Error(`--date ${date}: write YYYY-MM-DD`);
  const evidence = await collect({ stack, set: pairs('set', values.set), deployed, date });
  const folder = values.out ?? `evidence-${stack}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'evidence.json'), `${JSON.stringify(evidence, null, 2)}\n`);
  writeFileSync(path.join(folder, 'evidence.md'), asMarkdown(evidence));
  const violated = evidence.policies.flatMap(({ findings }) => findings.filter(isViolated)).length;
  const count = (state: string) => evidence.clauses.filter((clause) => clause.state === state).length;
  console.log(
    `${evidence.clauses.length} clauses: ${count('held')} covered, ${count('shared')} covered in part, ${count('outside')} not covered, ${count('violated')} violated (${violated} findings). Written to ${folder}/evidence.md and .json.`,
  );
  return violated > 0 ? 1 : 0;
}

if (require.main === module) {
  endWith(main(process.argv.slice(2)), 2);
}
