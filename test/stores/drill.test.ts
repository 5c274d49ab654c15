import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let temporary: string;

beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'tap-drill-'));
  chmodSync(temporary, 0o711); // PostgreSQL runs as another user when this one is root
});
afterAll(() => rmSync(temporary, { recursive: true }));

test('servers, processes and connections are broken off in the middle of traffic: nothing is lost or double, and verdicts are right', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'local/drill/main.ts', '--seed', '4', '--minutes', '0.2'], {
    env: { ...process.env, TMPDIR: temporary },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  for (const fault of ['valkey', 'postgres', 'worker', 'connection']) {
    expect(output).toMatch(new RegExp(`^ {2}${fault} +[1-9]\\d* times, a batch stored again after [\\d., ]+ s$`, 'm'));
  }
}, 180_000);
