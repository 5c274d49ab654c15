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

/** `npm run drill` with these options. */
async function drill(args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'local/drill/main.ts', ...args], {
    env: { ...process.env, TMPDIR: temporary },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

test('servers, processes and connections are broken off in the middle of traffic: nothing is lost or double, and verdicts are right', async () => {
  const { code, output } = await drill(['--seed', '4', '--minutes', '0.2']);
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  for (const fault of ['valkey', 'postgres', 'worker', 'connection']) {
    expect(output).toMatch(new RegExp(`^ {2}${fault} +[1-9]\\d* times, a batch stored again after [\\d., ]+ s$`, 'm'));
  }
}, 180_000);

test.each([
  ['quarantined-records', '{service=lambda-processor-local} > 50 in 1 x 300 s', /^ {2}before \d+, after 5\d: crosses/m],
  ['audit-chain', '{service=lambda-operations-local} > 0 in 1 x 10800 s', /^ {2}before no data, after 1: crosses/m],
  [
    'merchant-fraud',
    '{service=lambda-operations-local} > 80 in 1 x 10800 s',
    /^ {2}before no data, after 81: crosses/m,
  ],
])(
  'a condition that is brought about makes the metric of %s cross the threshold',
  async (alarm, condition, reading) => {
    const { code, output } = await drill(['--alarm', alarm]);
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    expect(output).toContain(condition);
    expect(output).toMatch(reading);
  },
  180_000,
);

test.each([
  ['cache-cpu', '--alarm: cache-cpu watches what a local run does not have; there are drills for iterator-age, '],
  ['no-such', '--alarm: there is no alarm "no-such"; there are drills for iterator-age, '],
])('there is no drill for %s, which it says at once', async (alarm, message) => {
  const { code, output } = await drill(['--alarm', alarm]);
  expect(code).toBe(2);
  expect(output).toContain(message);
});
