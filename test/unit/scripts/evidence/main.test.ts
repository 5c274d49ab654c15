import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main } from '../../../../scripts/evidence/main';

jest.setTimeout(120_000); // the functions are bundled, which takes a busy machine seconds

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evidence-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('writes both forms of the preset’s evidence', async () => {
  const log = jest.spyOn(console, 'log').mockImplementation();
  expect(await main(['--stack', 'prod', '--out', folder, '--date', '2026-11-21'])).toBe(0);
  expect(log.mock.calls).toEqual([
    [
      expect.stringMatching(
        /^\d+ clauses: \d+ covered, \d+ covered in part, \d+ not covered, 0 violated \(0 findings\)\. /,
      ),
    ],
  ]);
  const json = JSON.parse(readFileSync(path.join(folder, 'evidence.json'), 'utf8'));
  expect(json).toMatchObject({
    stack: 'prod',
    environmentSuffix: 'prod',
    region: 'ap-northeast-1',
    date: '2026-11-21',
    commit: expect.stringMatching(/^[0-9a-f]{40}/),
  });
  expect(readFileSync(path.join(folder, 'evidence.md'), 'utf8')).toContain('# Evidence for prod\n');
});

test('refuses what it cannot write before it begins', async () => {
  await expect(main(['--date', 'today', '--out', folder])).rejects.toThrow('--date today: write YYYY-MM-DD');
  await expect(main(['--set', 'ephemeral', '--out', folder])).rejects.toThrow('--set ephemeral: write KEY=VALUE');
  await expect(main(['--stack', 'nowhere', '--out', folder])).rejects.toThrow('Pulumi.nowhere.yaml is not there');
  expect(existsSync(path.join(folder, 'evidence.json'))).toBe(false);
});
