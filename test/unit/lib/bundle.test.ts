import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type * as pulumi from '@pulumi/pulumi';
import { archive, bundle, databaseDigests } from '../../../lib/bundle';
import { ENTRY_POINTS } from '../../../lib/compile';
import { fixtureProject } from '../../helpers/pulumi';

const PROJECT = resolve(__dirname, '../../..');
const RULE_SET = 'processor/rules/rule-set.json';

const bundleIn = (projectRoot: string) =>
  bundle({
    projectRoot,
    entryPoints: ENTRY_POINTS,
    ruleSetFile: join(projectRoot, RULE_SET),
    region: 'ap-northeast-1',
  });

jest.setTimeout(60_000); // bundling the real functions takes a busy machine seconds

describe('bundle', () => {
  const copy = mkdtempSync(join(tmpdir(), 'tap-checkout-'));
  let here: Awaited<ReturnType<typeof bundleIn>>;

  beforeAll(async () => {
    here = await bundleIn(PROJECT);
  });

  afterAll(() => rmSync(copy, { recursive: true }));

  it('is the same to the byte from a checkout in another folder', async () => {
    cpSync(join(PROJECT, 'processor'), join(copy, 'processor'), { recursive: true });
    cpSync(join(PROJECT, 'tsconfig.json'), join(copy, 'tsconfig.json'));
    symlinkSync(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
    expect(await bundleIn(copy)).toEqual(here);
  });

  it('holds every function, minified, with no trace of the machine it was made on', () => {
    for (const { 'index.js': code } of Object.values(here)) {
      expect(code).not.toContain(PROJECT);
      expect(code).not.toContain('sourceMappingURL');
      expect(code.length / code.split('\n').length).toBeGreaterThan(400);
    }
    expect(here.operations['index.js']).toContain('CREATE SCHEMA');
  });

  it('puts the authorities of the region beside the code, and the rule set as it is where it is read', () => {
    expect(here.operations['rule-set.json']).toBe(readFileSync(join(PROJECT, RULE_SET), 'utf8'));
    expect(Object.keys(here.processor)).toEqual(['index.js', 'rds-ca.pem']);
    expect(Object.keys(here.publisher)).toEqual(['index.js', 'rds-ca.pem']);
    expect(Object.keys(here.archiver)).toEqual(['index.js', 'rds-ca.pem']);
    expect(here.processor['rds-ca.pem'].match(/-----BEGIN CERTIFICATE-----/g)).toHaveLength(3);
  });

  it('exports a handler from a file that Node loads by itself', async () => {
    const project = fixtureProject();
    const { processor } = await bundleIn(project.root);
    const file = join(project.root, 'index.js');
    writeFileSync(file, processor['index.js']);
    const script = `require(${JSON.stringify(file)}).handler().then((answer) => process.stdout.write(answer))`;
    expect(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })).toBe('stream');
    project.remove();
  });

  it('fails with the place of the error when the code does not build', async () => {
    const project = fixtureProject({ 'processor/handler.ts': 'import "./not-there";' });
    await expect(bundleIn(project.root)).rejects.toThrow(
      /processor\/handler.ts:1:7: ERROR: Could not resolve ".\/not-there"/,
    );
    project.remove();
  });
});

describe('archive', () => {
  it('holds the three files as text', async () => {
    const files = { 'index.js': 'code', 'rds-ca.pem': 'authorities', 'rule-set.json': '{}' };
    const assets = await archive(files).assets;
    const texts = Object.entries(assets).map(async ([path, asset]) => [
      path,
      await (asset as pulumi.asset.StringAsset).text,
    ]);
    expect(Object.fromEntries(await Promise.all(texts))).toEqual(files);
  });
});

describe('databaseDigests', () => {
  it('change with a migration, with its name and with the rule set, and with nothing else', () => {
    const project = fixtureProject({ 'processor/migrations/notes.txt': 'a' });
    const digests = () => databaseDigests({ projectRoot: project.root, ruleSetFile: project.ruleSetFile });
    const first = digests();
    expect(first.ruleSet).toBe(createHash('sha256').update('{"version":"fixture"}').digest('hex'));

    writeFileSync(join(project.root, 'processor/migrations/notes.txt'), 'b');
    expect(digests()).toEqual(first);

    writeFileSync(join(project.root, 'processor/migrations/0002_second.sql'), 'SELECT 1;');
    const second = digests();
    expect(second.migrations).not.toBe(first.migrations);

    rmSync(join(project.root, 'processor/migrations/0002_second.sql'));
    writeFileSync(join(project.root, 'processor/migrations/0003_second.sql'), 'SELECT 1;');
    expect(digests().migrations).not.toBe(second.migrations);

    writeFileSync(project.ruleSetFile, '{"version":"other"}');
    expect(digests().ruleSet).not.toBe(first.ruleSet);
    project.remove();
  });
});
