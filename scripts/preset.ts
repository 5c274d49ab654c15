import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The presets there are: settings files at the project's root. */
export const PRESETS = ['dev', 'prod'] as const;

export type Preset = (typeof PRESETS)[number];

/** Settings that switch on whatever an environment may have beside what it has by default. */
export const EVERYTHING: Record<string, string> = {
  auditTrail: 'all',
  dbSecretKeyArn: 'arn:aws:kms:ap-northeast-1:123456789012:key/secret',
  ingest: 'private',
  ingestDailyQuota: '100000',
  monthlyBudgetUsd: '1000',
  natGateways: 'perZone',
  publicSubnets: 'true',
};

const SETTING = /^ {2}tap-stack:(\w+):(?: (?:"([^"]*)"|([\w.:/@*+-]+)))?$/;
const ITEM = /^ {4}- (?:"([^"]*)"|([\w.:/@*+-]+))$/;
/** Another provider's settings, and what Pulumi writes about the encryption of settings. */
const OTHERS = /^( {2}(?!tap-stack:)[\w-]+:\w+: |\w+:)/;

/**
 * The settings of `Pulumi.<stack>.yaml` by key, without the project's name; a list as JSON, as Pulumi hands it on.
 *
 * @param project folder with the file
 * @throws Error where there is no such file, and for a line that is no comment and no setting of one value or of a list of values
 */
export function readPreset(project: string, stack: string): Record<string, string> {
  const file = `Pulumi.${stack}.yaml`;
  if (!existsSync(path.join(project, file))) {
    throw new Error(`${file} is not there: name a stack that has its settings in this folder`);
  }
  const lines = readFileSync(path.join(project, file), 'utf8').split('\n');
  const settings: Record<string, string | string[]> = {};
  let list: string[] | undefined;
  for (const [index, line] of lines.entries()) {
    if (line === '' || line.startsWith('#') || OTHERS.test(line)) continue;
    const item = ITEM.exec(line);
    const [, key, quoted, bare] = SETTING.exec(line) ?? [];
    const value = quoted ?? bare;
    if (item && list) list.push((item[1] ?? item[2]) as string);
    else if (key !== undefined && value !== undefined) settings[key] = value;
    else if (key !== undefined) {
      list = [];
      settings[key] = list;
    } else {
      throw new Error(
        `${file}:${index + 1} is no setting of one value or a list: write it as \`  tap-stack:key: "value"\``,
      );
    }
  }
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}
