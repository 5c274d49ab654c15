import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { rdsAuthorities } from './authorities';
import { compile } from './compile';

export interface BundleArgs<Name extends string> {
  /** Folder that holds `processor/` and `node_modules/`, absolute. */
  projectRoot: string;
  /** Source file of each function, relative to it, which exports `handler`. */
  entryPoints: Record<Name, string>;
  /** Rule-set file to deploy, absolute. */
  ruleSetFile: string;
  /** Region whose database authorities to put beside the code. */
  region: string;
}

/** Files of a function's archive. */
export interface Bundle {
  'index.js': string;
  'rds-ca.pem': string;
  'rule-set.json'?: string;
}

/** The function that makes the rule set known to the database. */
const READS_RULE_SET = 'operations';

/**
 * The archive of each function: its code in one file, with the authorities that sign the database's certificate and the
 * rule set where they are read. It is the same to the byte wherever the project lies, or every checkout would deploy anew.
 *
 * @throws Error when the code does not build.
 */
export async function bundle<Name extends string>(args: BundleArgs<Name>): Promise<Record<Name, Bundle>> {
  const code = await compile(args.projectRoot, args.entryPoints);
  const authorities = { 'rds-ca.pem': rdsAuthorities(args.region).join('') };
  const ruleSet = { 'rule-set.json': readFileSync(args.ruleSetFile, 'utf8') };
  const bundles = [...code].map(([path, text]) => {
    const name = basename(path, '.js');
    return [name, { 'index.js': text, ...authorities, ...(name === READS_RULE_SET && ruleSet) }];
  });
  return Object.fromEntries(bundles);
}

export function archive(files: Bundle): pulumi.asset.AssetArchive {
  const assets = Object.entries(files).map(([path, text]) => [path, new pulumi.asset.StringAsset(text)]);
  return new pulumi.asset.AssetArchive(Object.fromEntries(assets));
}

/** Digests of what the database must follow: its migrations, with their names, and the rule set. */
export function databaseDigests({ projectRoot, ruleSetFile }: { projectRoot: string; ruleSetFile: string }) {
  const folder = join(projectRoot, 'processor/migrations');
  const migrations = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  const contents = migrations.sort().map((file) => [file, readFileSync(join(folder, file), 'utf8')]);
  return { migrations: digest(JSON.stringify(contents)), ruleSet: digest(readFileSync(ruleSetFile, 'utf8')) };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
