import { parseArgs } from 'node:util';
import { startPlatform } from '../platform';
import { alarmDrill, DRILLED, provoke, readingLines } from './alarms';
import { drill } from './drill';
import { reportOf } from './report';

const USAGE = `Usage: npm run drill [-- OPTIONS]

Runs the whole path on this machine under thirty times its usual traffic, kills Valkey, PostgreSQL and the function's processes and
breaks their connections in the middle of it, again and again, and then compares what is stored with what was sent.

  --seed N     draws the traffic and the faults (default: another one every time)
  --minutes M  how long faults are dealt out, 0.1 to 600 (default: 2)
  --alarm NAME instead: brings about what this alarm watches, and shows its metric cross the threshold; one of
               ${DRILLED.join(', ')}
  --help       show this

Exit codes: 0 all is as it should be, 1 something is lost, double or wrong, or no threshold was crossed, 2 bad option.
`;

function number(name: string, text: string | undefined, [least, most]: [number, number]): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new RangeError(`--${name}: "${text}" is not a number from ${least} to ${most}`);
}

function readOptions(args: string[]): { seed: number; minutes: number; alarm?: string } | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string' },
      alarm: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  if (values.alarm !== undefined) alarmDrill(values.alarm);
  return {
    seed: number('seed', values.seed, [0, 2 ** 32 - 1]) ?? Math.floor(Math.random() * 2 ** 32),
    minutes: number('minutes', values.minutes, [0.1, 600]) ?? 2,
    alarm: values.alarm,
  };
}

async function main(): Promise<number> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}; npm run drill -- --help lists the options\n`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort());
  const log = (line: string) => void process.stdout.write(`${line}\n`);
  const { alarm } = options;
  const config = alarm === undefined ? undefined : alarmDrill(alarm).settings;
  const platform = await startPlatform({ log, config, signal: interrupted.signal });
  interrupted.signal.addEventListener('abort', () => void platform.stop());
  try {
    if (alarm !== undefined) {
      log(`${alarm}: ${alarmDrill(alarm).does} ...`);
      const reading = await provoke(platform, alarm);
      for (const line of readingLines(reading)) log(line);
      return reading.crossed ? 0 : 1;
    }
    log(`Seed ${options.seed}.`);
    const result = await drill({ platform, seed: options.seed, seconds: options.minutes * 60, log });
    for (const line of reportOf(result)) log(line);
    return result.problems.length === 0 ? 0 : 1;
  } finally {
    await platform.stop();
  }
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
