import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { generateTraffic } from '../../../local/feed/generator/traffic';
import { decodeAll, judgeAll } from '../../helpers/brute-force';

const START = Date.UTC(2024, 3, 1, 3);
const TWO_MINUTES_MS = 120_000;

let folder: string;
let temporary: string;
let running: ChildProcess | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tap-start-'));
  temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  // PostgreSQL runs as another user when this one is root.
  for (const path of [folder, temporary]) chmodSync(path, 0o711);
});
afterEach(() => running?.kill('SIGKILL')); // what a test that ran out of time has left
afterAll(() => rmSync(folder, { recursive: true }));

/** What a run left in its temporary folder; the caches of compilers are not the run's. */
const leftovers = () => readdirSync(temporary).filter((name) => name.startsWith('tap-local-'));

/** `npm start` with its temporary files in a folder of their own; `onOutput` sees everything written so far. */
async function start(args: string[], onOutput: (output: string, kill: (signal: NodeJS.Signals) => void) => void) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'local/main.ts', ...args], {
    env: { ...process.env, TMPDIR: temporary },
  });
  running = child;
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      onOutput(output, (signal) => child.kill(signal));
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

test('two minutes of traffic go through the whole path, and every verdict is that of a brute-force computation', async () => {
  const records: Uint8Array[] = [];
  for (const { data, time } of generateTraffic({ seed: 3, start: START })) {
    if (time >= START + TWO_MINUTES_MS) break;
    records.push(data);
  }
  const input = join(folder, 'traffic.ndjson.gz');
  writeFileSync(input, gzipSync(records.map((data) => `${Buffer.from(data)}\n`).join('')));
  const { transactions, refused, copies } = decodeAll(records.map((data) => ({ data, now: Date.now() })));
  const flagged = [...judgeAll(transactions)].filter(([, { reasons }]) => reasons.length > 0);
  const count = (wanted: string) => flagged.filter(([, { decision }]) => decision === wanted).length;

  const [report, verdicts] = [join(folder, 'report.json'), join(folder, 'verdicts.ndjson')];
  let asked: Promise<number> | undefined;
  const { code, output } = await start(['--input', input, '--report', report, '--verdicts', verdicts], (text, kill) => {
    const page = /The page stays at (\S+) until Ctrl-C/.exec(text)?.[1];
    if (page === undefined || asked !== undefined) return;
    asked = fetch(page).then(({ status }) => status);
    void asked.finally(() => kill('SIGINT'));
  });
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  expect(await asked).toBe(200);
  expect(leftovers()).toEqual([]);

  expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
    complete: true,
    read: records.length,
    stored: transactions.length,
    duplicates: copies,
    quarantined: { byReason: refused },
    failedRecords: 0,
    unsettled: 0,
    decisions: {
      allow: transactions.length - count('review') - count('block'),
      review: count('review'),
      block: count('block'),
    },
  });
  const lines = readFileSync(verdicts, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    flagged.map(([transactionId, { decision, score, reasons }]) => ({ transactionId, decision, score, reasons })),
  );
}, 180_000);

test('a second Ctrl-C ends at once and leaves nothing behind', async () => {
  let interrupted = false;
  const { code } = await start([], (output, kill) => {
    if (interrupted || !output.includes('Streaming generator')) return;
    interrupted = true;
    kill('SIGINT');
    setTimeout(() => kill('SIGINT'), 1_100);
  });
  expect([0, 130]).toContain(code);
  while (leftovers().length > 0) await new Promise((resolve) => setTimeout(resolve, 100));
}, 120_000);

test('Ctrl-C ends generated traffic with 0, npm and its shell included', async () => {
  // A terminal sends it to every process of the group.
  const child = spawn('npm', ['start'], { detached: true, env: { ...process.env, TMPDIR: temporary } });
  running = child;
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (!output.includes('Streaming generator') && `${output}${text}`.includes('Streaming generator')) {
      process.kill(-(child.pid as number), 'SIGINT');
    }
    output += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  expect(output).toContain('from generator, rule set jpy-2\n');
  expect(code).toBe(0);
  while (leftovers().length > 0) await new Promise((resolve) => setTimeout(resolve, 100));
}, 120_000);

test('a bad option ends before anything starts', async () => {
  const { code, output } = await start(['--input', join(folder, 'missing')], () => {});
  expect(code).toBe(2);
  expect(output).toContain(`--input: ${join(folder, 'missing')} does not exist; check the path\n`);
}, 60_000);
