import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pairs } from '../command';
import { evaluateGraph, type Resource } from '../graph';
import { PRESETS, type Preset, readPreset } from '../preset';
import { type Bill, billOf } from './bill';
import { PRICES_DATE } from './prices';
import { scaleGraph } from './scale';
import { transactionsOf, USAGE, type Usage } from './usage';

const PROJECT = path.resolve(__dirname, '../..');

/** What an estimate is made of; `scale` is no preset but a design that starts from `prod`. */
const ESTIMATES = [...PRESETS, 'scale'] as const;
type Estimate = (typeof ESTIMATES)[number];

const HELP = `npm run cost [-- options]: what an environment costs a month in ap-northeast-1, USD

  --preset NAME      ${ESTIMATES.join(', ')}; all when absent
  --set KEY=VALUE    another value of a setting, repeatable
  --use KEY=NUMBER   another assumption of use, repeatable: ${Object.keys(USAGE.dev).join(', ')}
  --json FILE        also write every line to FILE`;

function graphOf(name: Estimate, set: Record<string, string>): Promise<Resource[]> {
  const preset: Preset = name === 'scale' ? 'prod' : name;
  const settings = { ...readPreset(PROJECT, preset), ...set };
  return name === 'scale' ? scaleGraph(settings) : evaluateGraph(settings);
}

/** The assumptions, with those the caller changes. @throws Error for one that is not known or no positive number */
export function usageOf(base: Usage, changes: Record<string, string>): Usage {
  const usage: Record<string, number> = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    if (!Object.hasOwn(base, key)) throw new Error(`--use ${key}: use one of ${Object.keys(base).join(', ')}`);
    const number = Number(value);
    if (!(number >= 0 && Number.isFinite(number))) throw new Error(`--use ${key}=${value}: set it to a number from 0`);
    usage[key] = number;
  }
  return usage as unknown as Usage;
}

const show = (number: number, digits = 2) =>
  number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** The bill as a person reads it: every line, the sum of each component, and what it rests on. */
export function render(name: string, bill: Bill, usage: Usage): string {
  const rows = Object.entries(bill.components).flatMap(([component, usd]) => [
    `  ${component.padEnd(48)}${show(usd).padStart(12)}`,
    ...bill.lines
      .filter((line) => line.component === component)
      .map((line) => {
        const price = `${line.quantity < 100 ? show(line.quantity) : show(line.quantity, 0)} x ${line.unitUsd}${line.checked ? '' : ' ~'}`;
        return `    ${line.what.padEnd(30)}${price.padStart(26)}${show(line.usd).padStart(12)}  per ${line.unit}`;
      }),
  ]);
  const million = (bill.totalUsd / transactionsOf(usage)) * 1e6;
  return [
    `${name}: ${show(bill.totalUsd)} USD a month, ${show(million)} a million transactions`,
    ...rows,
    `  ${'all'.padEnd(48)}${show(bill.totalUsd).padStart(12)}`,
    `  Prices of ${PRICES_DATE}; ~ marks an estimated one, ${show(bill.uncheckedUsd)} of the sum rest on those.`,
    `  Use: ${Object.entries(usage)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ')}.`,
    ...(bill.unpriced.length > 0 ? [`  Without a price here: ${bill.unpriced.join(', ')}.`] : []),
  ].join('\n');
}

async function main(argv: string[]): Promise<void> {
  const { values } = parseArgs({
    args: argv,
    options: {
      preset: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      use: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const asked = ESTIMATES.filter((name) => values.preset === undefined || values.preset === name);
  if (asked.length === 0) throw new Error(`--preset ${values.preset}: use one of ${ESTIMATES.join(', ')}`);
  const set = pairs('set', values.set);
  const use = pairs('use', values.use);
  const estimates: Record<string, { usage: Usage } & Bill> = {};
  for (const name of asked) {
    const usage = usageOf(USAGE[name], use);
    const bill = billOf(await graphOf(name, set), usage);
    estimates[name] = { usage, ...bill };
    console.log(`${render(name, bill, usage)}\n`);
  }
  if (values.json !== undefined) {
    mkdirSync(path.dirname(values.json), { recursive: true });
    writeFileSync(values.json, `${JSON.stringify({ prices: PRICES_DATE, estimates }, null, 2)}\n`);
  }
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
