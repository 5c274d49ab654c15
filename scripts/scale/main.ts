import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CACHE_NODE_TYPES } from '../../lib/sizing';
import { type Measured, type Needs, needsOf, type Settings } from './model';
import { CACHE_NODE_HOUR, DATABASE_CLASSES, PRICES, PRICES_OF } from './prices';

/** The stack's defaults (`lib/stack-config.ts`), and a quarter of transactions online. */
const DEFAULTS: Settings = {
  recordBytes: 1_024,
  batchSize: 500,
  parallelizationFactor: 2,
  processorMemoryMib: 1_024,
  allowedLatenessMinutes: 60,
  cacheNodeCount: 2,
  databaseMultiAz: true,
  daysOnline: 90,
  zoneCount: 3,
};
const LOADS = [1_000 / 60, 1_000, 10_000];
const FIGURES = join(__dirname, '../../docs/figures.json');

const USAGE = `Usage: npm run scale [-- OPTIONS]

What 1,000 transactions a minute, 1,000 and 10,000 a second need, from the stack's settings and measured figures.

  --json FILE      figures that npm run bench -- --json FILE wrote (default: docs/figures.json)
  --per-second N   this load instead
  --set NAME=N     another value of a setting: ${Object.keys(DEFAULTS).join(', ')}
`;

const show = (value: number, decimals = 0) =>
  value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** A load's needs, a line each. */
function describe(needs: Needs, { daysOnline }: Settings): string[] {
  const { dollarsAMonth: dollars, limits } = needs;
  const [first] = limits as [Needs['limits'][number]];
  const sum = dollars && Object.values(dollars).reduce((total, part) => total + part, 0);
  const millions = (needs.perSecond * 730 * 3_600) / 1e6;
  return [
    `${show(needs.perSecond, needs.perSecond < 100 ? 1 : 0)} transactions a second, all day`,
    `  stream     ${needs.shards} shards`,
    `  functions  ${show(needs.invocations, 1)} invocations a second of ${show(needs.recordsAnInvocation, 1)} records, ${show(needs.invocationMs)} ms each: ${show(needs.concurrency, 2)} of ${needs.concurrencyLimit} at a time`,
    `  cache      ${show(needs.cacheMib)} MiB: ${needs.cacheNodeType ?? `more than ${CACHE_NODE_TYPES.at(-1)} has`}; ${show(needs.cacheCpu * 100, 1)} % of its one thread`,
    `  database   ${show(needs.databaseRowsPerSecond)} rows and ${show(needs.databaseMibPerSecond, 2)} MiB a second, ${show(needs.databaseCores, 2)} cores: ${needs.databaseClass ?? 'more than one instance takes'}; ${show(needs.databaseGib)} GiB for ${daysOnline} days, ${show(needs.databaseIops)} random pages a second`,
    dollars === undefined
      ? '  cost       not with one cache node and one database'
      : `  cost       ${show(sum ?? 0)} dollars a month, ${show((sum ?? 0) / millions, 2)} a million transactions (${Object.entries(
          dollars,
        )
          .map(([what, usd]) => `${what} ${show(usd)}`)
          .join(', ')})`,
    `  first to give out: ${first.what}, at ${show(first.perSecond)} a second; then ${limits
      .slice(1, 3)
      .map(({ what, perSecond }) => `${what} at ${show(perSecond)}`)
      .join(', ')}`,
  ];
}

function main(): void {
  const { values } = parseArgs({
    options: {
      json: { type: 'string', default: FIGURES },
      'per-second': { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const settings: Settings = { ...DEFAULTS };
  for (const setting of values.set) {
    const [name = '', text = ''] = setting.split('=');
    if (!Object.hasOwn(DEFAULTS, name)) throw new RangeError(`--set: there is no setting ${name} here`);
    const value = name === 'databaseMultiAz' ? text === 'true' : Number(text);
    if (typeof value === 'number' && !(value > 0)) throw new RangeError(`--set ${name}: is no number above 0`);
    Object.assign(settings, { [name]: value });
  }
  const load = values['per-second'] === undefined ? undefined : Number(values['per-second']);
  if (load !== undefined && !(load > 0)) throw new RangeError('--per-second: is no number above 0');
  const measured: Measured = JSON.parse(readFileSync(values.json, 'utf8'));
  for (const perSecond of load === undefined ? LOADS : [load]) {
    process.stdout.write(`${describe(needsOf(perSecond, settings, measured), settings).join('\n')}\n\n`);
  }
  const unchecked = [
    ...Object.entries(PRICES),
    ...Object.entries(CACHE_NODE_HOUR),
    ...Object.entries(DATABASE_CLASSES).map(([name, { hour }]) => [name, hour] as const),
  ].flatMap(([name, { checked }]) => (checked ? [] : [name]));
  process.stdout.write(
    `Prices of ${PRICES_OF.date} in ${PRICES_OF.region}; not checked: ${unchecked.join(', ')}. Left out: backups, flow logs, data between zones, KMS.\n`,
  );
}

try {
  main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}; npm run scale -- --help lists the options\n`);
  process.exitCode = 2;
}
