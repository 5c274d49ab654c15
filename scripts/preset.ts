import { readFileSync } from 'node:fs';
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

const SETTING = /^ {2}tap-stack:(\w+): (?:"([^"]*)"|([\w.-]+))$/;

/**
 * The settings of `Pulumi.<preset>.yaml` by key, without the project's name.
 *
 * @param project folder with the file
 * @throws Error for a line that is no comment and no setting of one value
 */
export function readPreset(project: string, preset: Preset): Record<string, string> {
  const file = `Pulumi.${preset}.yaml`;
  const lines = readFileSync(path.join(project, file), 'utf8').split('\n');
  const settings = lines.flatMap((line, index): [string, string][] => {
    if (line === '' || line.startsWith('#') || line === 'config:') return [];
    const [, key, quoted, bare] = SETTING.exec(line) ?? [];
    if (key === undefined) {
      throw new Error(`${file}:${index + 1} is no setting of one value: write it as \`  tap-stack:key: "value"\``);
    }
    return [[key, (quoted ?? bare) as string]];
  });
  return Object.fromEntries(settings);
}
