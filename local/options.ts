import { constants } from 'node:fs';
import { access, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseRuleSet } from '../processor/rules/rule-set';

/** What `npm start` was asked to do. Paths are absolute. */
export interface Options {
  /** NDJSON file to stream, plain or gzip; undefined streams the built-in generator's traffic. */
  input?: string;
  /** Multiple of event time at which the file is streamed: 1 is as it happened, `max` as fast as it is processed. */
  speed: number | 'max';
  /** Rule-set file to deploy in place of the stack's own. */
  rules?: string;
  /** Where to write the JSON report. */
  report?: string;
  /** Where to write every final verdict that is not plain allow, as NDJSON. */
  verdicts?: string;
  /** Deploy the archive as well. */
  archive: boolean;
  /** Deploy the HTTPS ingest as well, and stream through it. */
  ingest: boolean;
  /** End once the file has been processed, rather than on Ctrl-C. */
  exit: boolean;
}

/** A command line that cannot be obeyed. The message names the option, what is wrong and what to do. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

export const USAGE = `Usage: npm start [-- OPTIONS]

Runs the whole path on this machine and shows what happens. Without --input it streams generated traffic of a Japanese
shop, 1,000 transactions a minute with labelled fraud, until Ctrl-C.

  --input FILE     stream an NDJSON file, one transaction a line, plain or gzip
  --speed N|max    multiple of event time at which the file is streamed: 1 is as it happened, 60 a minute a second,
                   max as fast as it is processed (default: max)
  --exit           end once the file has been processed; without it the page stays up until Ctrl-C
  --rules FILE     deploy this rule set in place of processor/rules/rule-set.json
  --archive        archive what is streamed as well, in the emulated S3, which is gone at the end
  --ingest         serve the HTTPS ingest as well, and stream through it
  --report FILE    write a JSON report at the end
  --verdicts FILE  write every final verdict that is not plain allow, as NDJSON ordered by event time
  --help           show this

Exit codes: 0 done, 1 records failed or something broke, 2 bad option, 130 interrupted before the end of the file.
`;

/**
 * Reads the command line, without looking at any file.
 *
 * @returns the options, or `help` when they were asked for
 * @throws OptionError naming the option, what is wrong and what to do
 */
export function parseOptions(argv: readonly string[]): Options | 'help' {
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        input: { type: 'string' },
        speed: { type: 'string' },
        rules: { type: 'string' },
        report: { type: 'string' },
        verdicts: { type: 'string' },
        archive: { type: 'boolean' },
        ingest: { type: 'boolean' },
        exit: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    throw new OptionError(`${(error as Error).message.split('. ')[0]}; npm start -- --help lists the options`);
  }
  if (values.help) return 'help';
  for (const needy of ['speed', 'exit']) {
    if (values[needy] !== undefined && values.input === undefined) {
      throw new OptionError(`--${needy}: is about a file, and no --input was given; add --input FILE or leave it out`);
    }
  }
  const path = (name: string) => {
    const value = values[name] as string | undefined;
    if (value === '') throw new OptionError(`--${name}: the path is empty; name a file`);
    return value === undefined ? undefined : resolve(value);
  };
  const options: Options = {
    input: path('input'),
    speed: parseSpeed(values.speed as string | undefined),
    rules: path('rules'),
    report: path('report'),
    verdicts: path('verdicts'),
    archive: values.archive === true,
    ingest: values.ingest === true,
    exit: values.exit === true,
  };
  const named = new Map<string, string>();
  for (const name of ['input', 'rules', 'report', 'verdicts'] as const) {
    const file = options[name];
    if (file === undefined) continue;
    const other = named.get(file);
    if (other !== undefined) throw new OptionError(`--${name}: is the same file as --${other}; name another one`);
    named.set(file, name);
  }
  return options;
}

/**
 * Looks at every file the options name: inputs can be read, the rule set is valid, outputs can be written.
 *
 * @throws OptionError naming the option, what is wrong and what to do
 */
export async function checkFiles(options: Options): Promise<void> {
  if (options.input !== undefined) await checkReadable('input', options.input);
  if (options.rules !== undefined) {
    await checkReadable('rules', options.rules);
    try {
      parseRuleSet(await readFile(options.rules, 'utf8'));
    } catch (error) {
      throw new OptionError(`--rules: ${options.rules} is not a valid rule set: ${(error as Error).message}`);
    }
  }
  if (options.report !== undefined) await checkWritable('report', options.report);
  if (options.verdicts !== undefined) await checkWritable('verdicts', options.verdicts);
}

function parseSpeed(text = 'max'): number | 'max' {
  if (text === 'max') return text;
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (speed > 0 && speed <= 1e6) return speed;
  throw new OptionError(
    `--speed: "${text}" is not a speed; give max or a number above 0 and up to 1000000 (1 is real time)`,
  );
}

/** @throws OptionError when the file that an option names cannot be read */
export async function checkReadable(name: string, file: string): Promise<void> {
  const found = await stat(file).catch((error) => {
    throw new OptionError(`--${name}: ${file} ${inWords(error)}; check the path`);
  });
  if (found.isDirectory()) throw new OptionError(`--${name}: ${file} is a directory; name a file`);
  await access(file, constants.R_OK).catch((error) => {
    throw new OptionError(`--${name}: ${file} ${inWords(error)}; make it readable`);
  });
}

/**
 * Tries it with a file next to the target, since the target itself is only replaced at the end.
 *
 * @throws OptionError when the file that an option names cannot be written
 */
export async function checkWritable(name: string, file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile())
    throw new OptionError(`--${name}: ${file} is not a regular file; name a file`);
  const trial = `${file}.${process.pid}.tmp`;
  try {
    await (await open(trial, 'wx')).close();
    await rm(trial);
  } catch (error) {
    throw new OptionError(
      `--${name}: ${dirname(file)} ${inWords(error)}; name a file in a directory that can be written to`,
    );
  }
}

function inWords(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'is closed to this user';
  if (code === 'ENOTDIR') return 'has a file where a directory should be';
  return `cannot be used (${code ?? (error as Error).message})`;
}
