import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkReadable, checkWritable, OptionError } from '../../local/options';
import { parseInstant } from '../../processor/instant';
import { MAX_EXAMPLES } from '../../processor/replay/report';
import { parseRuleSet, type RuleSet } from '../../processor/rules/rule-set';

/** What `npm run replay` was asked to do. Paths are absolute, times in milliseconds since 1970-01-01T00:00:00Z. */
export interface Options {
  /** NDJSON file to replay; undefined replays what the stack has stored. */
  input?: string;
  /** A rule set, or the version of one that the stack has stored. */
  candidate: RuleSet | string;
  /** Undefined: the active one of the stack. */
  baseline?: RuleSet | string;
  from?: number;
  to?: number;
  /** Examples of a kind to keep. */
  examples: number;
  json?: string;
  html?: string;
}

export const USAGE = `Usage: npm run replay -- --candidate FILE|VERSION [OPTIONS]

Judges stored transactions again by a rule set that is not active yet, and reports what it would change.

  --candidate FILE|VERSION  the rule set to try: a file, or the version of one that was proposed to the stack
  --baseline FILE|VERSION   what to compare it with (default: the active one; with --input, processor/rules/rule-set.json)
  --from TIME, --to TIME    span of event time, --to not included: 2026-04-01 is midnight in Japan, or give a time with its
                            offset, as 2026-04-01T09:30:00+09:00 (default with --input: the whole file)
  --input FILE              replay an NDJSON file, one transaction a line, plain or gzip, without a stack
  --examples N              examples of a kind, 0 to ${MAX_EXAMPLES} (default: 10)
  --json FILE               write the report as JSON
  --html FILE               write the report as a page
  --help                    show this

Without --input it asks the stack that cfn-outputs/flat-outputs.json describes (npm run outputs), as the operator role.
Exit codes: 0 done, 1 something broke, 2 bad option, 130 interrupted.
`;

const DEFAULT_RULE_SET = 'processor/rules/rule-set.json';
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const VERSION = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Reads the command line and the rule sets that it names, and sees that outputs can be written.
 *
 * @returns the options, or `help` when they were asked for
 * @throws OptionError naming the option, what is wrong and what to do
 */
export async function parseOptions(argv: readonly string[]): Promise<Options | 'help'> {
  const values = read(argv);
  if (values.help) return 'help';
  const input = pathOf('input', values.input);
  if (values.candidate === undefined) {
    throw new OptionError('--candidate: is missing; name a rule-set file or the version of a proposed rule set');
  }
  const [from, to] = spanOf(values.from, values.to, input === undefined);
  const options: Options = {
    input,
    candidate: await ruleSetOf('candidate', values.candidate, input),
    baseline:
      values.baseline === undefined && input === undefined
        ? undefined
        : await ruleSetOf('baseline', values.baseline ?? DEFAULT_RULE_SET, input),
    from,
    to,
    examples: examplesOf(values.examples),
    json: pathOf('json', values.json),
    html: pathOf('html', values.html),
  };
  if (options.json !== undefined && options.json === options.html) {
    throw new OptionError('--html: is the same file as --json; name another one');
  }
  if (input !== undefined) await checkReadable('input', input);
  for (const name of ['json', 'html'] as const) {
    const file = options[name];
    if (file !== undefined && file === input)
      throw new OptionError(`--${name}: is the file of --input; name another one`);
    if (file !== undefined) await checkWritable(name, file);
  }
  return options;
}

function read(argv: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    return parseArgs({
      args: [...argv],
      options: {
        candidate: text,
        baseline: text,
        input: text,
        from: text,
        to: text,
        examples: text,
        json: text,
        html: text,
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new OptionError(`${(error as Error).message.split('. ')[0]}; npm run replay -- --help lists the options`);
  }
}

function pathOf(name: string, value: string | undefined): string | undefined {
  if (value === '') throw new OptionError(`--${name}: the path is empty; name a file`);
  return value === undefined ? undefined : resolve(value);
}

/** A file where there is one of that name, else a version, which only a stack knows. */
async function ruleSetOf(name: string, value: string, input: string | undefined): Promise<RuleSet | string> {
  if (!existsSync(value) && input === undefined && VERSION.test(value)) return value;
  await checkReadable(name, resolve(value));
  try {
    return parseRuleSet(readFileSync(value, 'utf8'));
  } catch (error) {
    throw new OptionError(`--${name}: ${value} is not a valid rule set. ${(error as Error).message}`);
  }
}

function spanOf(from: string | undefined, to: string | undefined, needed: boolean): [number?, number?] {
  if (needed && (from === undefined || to === undefined)) {
    throw new OptionError(
      `--${from === undefined ? 'from' : 'to'}: is missing; without --input name the span, as --from 2026-04-01 --to 2026-04-08`,
    );
  }
  const span: [number?, number?] = [timeOf('from', from), timeOf('to', to)];
  if (span[0] !== undefined && span[1] !== undefined && span[0] >= span[1]) {
    throw new OptionError('--to: is not after --from; the span reaches from --from up to, and not including, --to');
  }
  return span;
}

function timeOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const time = parseInstant(DAY.test(value) ? `${value}T00:00:00+09:00` : value);
  if (time === undefined) {
    throw new OptionError(`--${name}: is not a time; give a day in Japan as 2026-04-01, or 2026-04-01T09:30:00+09:00`);
  }
  return time;
}

function examplesOf(value = '10'): number {
  const examples = /^\d+$/.test(value) ? Number(value) : -1;
  if (examples >= 0 && examples <= MAX_EXAMPLES) return examples;
  throw new OptionError(`--examples: is not a whole number from 0 to ${MAX_EXAMPLES}`);
}
