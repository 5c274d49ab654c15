import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { buildSync } from 'esbuild';
import { rdsAuthorities } from './authorities';

export interface BundleArgs {
  /** Folder that holds `processor/` and `node_modules/`, absolute. */
  projectRoot: string;
  /** Source file that exports `handler`, relative to it. */
  entryPoint: string;
  /** Rule-set file to put beside the code, absolute. */
  ruleSetFile: string;
  /** Region whose database authorities to put beside the code. */
  region: string;
}

/** Runtime of the functions, and what esbuild calls it. */
export const RUNTIME = 'nodejs24.x';
const TARGET = 'node24';

/** Files of a function's archive. */
export interface Bundle {
  'index.js': string;
  'rds-ca.pem': string;
  'rule-set.json': string;
}

/**
 * A function's archive: the code in one file, the authorities that sign the database's certificate, and the rule set.
 * It is the same to the byte wherever the project lies, or every checkout would deploy anew.
 *
 * @throws Error when the code does not build.
 */
export function bundle({ projectRoot, entryPoint, ruleSetFile, region }: BundleArgs): Bundle {
  const { outputFiles } = buildSync({
    absWorkingDir: projectRoot,
    entryPoints: [entryPoint],
    bundle: true,
    write: false,
    platform: 'node',
    target: TARGET,
    format: 'cjs',
    minify: true,
    legalComments: 'none',
    loader: { '.sql': 'text' },
    logLevel: 'silent',
  });
  return {
    'index.js': (outputFiles[0] as (typeof outputFiles)[number]).text,
    'rds-ca.pem': rdsAuthorities(region).join(''),
    'rule-set.json': readFileSync(ruleSetFile, 'utf8'),
  };
}

export function archive(files: Bundle): pulumi.asset.AssetArchive {
  const assets = Object.entries(files).map(([path, text]) => [path, new pulumi.asset.StringAsset(text)]);
  return new pulumi.asset.AssetArchive(Object.fromEntries(assets));
}

/** Digests of what the database must follow: its migrations, with their names, and the rule set. */
export function databaseDigests({ projectRoot, ruleSetFile }: Pick<BundleArgs, 'projectRoot' | 'ruleSetFile'>) {
  const folder = join(projectRoot, 'processor/migrations');
  const migrations = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  const contents = migrations.sort().map((file) => [file, readFileSync(join(folder, file), 'utf8')]);
  return { migrations: digest(JSON.stringify(contents)), ruleSet: digest(readFileSync(ruleSetFile, 'utf8')) };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
