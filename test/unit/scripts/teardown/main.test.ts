import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main } from '../../../../scripts/teardown/main';
import { fakePulumiCli } from '../../../helpers/pulumi-cli';

const originalPath = process.env.PATH;
let folder: string;
let calls: () => string[][];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'teardown-'));
  calls = fakePulumiCli(folder, [{ command: '', status: 255 }]);
});
afterEach(() => {
  process.env.PATH = originalPath;
  rmSync(folder, { recursive: true });
});

test.each([
  [['--yes'], '--stack is missing'],
  [['--stack', 'dev'], 'This destroys dev: say so with --yes, or only --sweep.'],
  [['--stack', 'dev', '--yes', '--wait', 'long'], '--wait long: set it to a number of minutes from 0'],
  [['--stack', 'dev', '--yes', '--force'], "Unknown option '--force'"],
])('%j is refused before Pulumi is asked for anything', async (argv, message) => {
  await expect(main(argv)).rejects.toThrow(message);
  expect(calls()).toEqual([]);
});

test('a receipt that cannot be written is noticed while everything is there', async () => {
  writeFileSync(path.join(folder, 'file'), '');
  const receipt = path.join(folder, 'file', 'receipt');
  await expect(main(['--stack', 'dev', '--yes', '--receipt', receipt])).rejects.toMatchObject({
    message: expect.stringMatching(/EEXIST|ENOTDIR/),
  });
  expect(calls()).toEqual([]);
});
