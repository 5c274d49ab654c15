import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';

/** Figures of a measurement by name, as they stand in the file of `--json`. */
export type Figures = { [name: string]: number | string | Figures };

/** The measurements by name. Each prints its figures; none is a test, since a time depends on the machine. */
const BENCHES: Record<string, () => Promise<{ run(): unknown }>> = {
  evaluation: () => import('./evaluation'),
  'cold-start': () => import('./cold-start'),
  memory: () => import('./memory'),
  'data-path': () => import('./data-path'),
  'hot-entity': () => import('./hot-entity'),
  replay: () => import('./replay'),
  latency: () => import('./latency'),
};

/**
 * `npm run bench -- [name ...] [--json FILE]`: runs the named measurements one after the other, all of them when none is
 * named, and writes their figures.
 */
async function main(argv: string[]): Promise<void> {
  const { values, positionals: names } = parseArgs({
    args: argv,
    options: { json: { type: 'string' } },
    allowPositionals: true,
  });
  const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
  if (unknown.length > 0) {
    throw new Error(`Unknown: ${unknown.join(', ')}. Measurements: ${Object.keys(BENCHES).join(', ')}.`);
  }
  if (values.json !== undefined) mkdirSync(dirname(values.json), { recursive: true });
  const figures: Figures = {};
  for (const [name, load] of Object.entries(BENCHES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.log(`\n${name}`);
    Object.assign(figures, await (await load()).run());
    // After each, so that what was measured is kept when a later one fails.
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
  }
}

main(process.argv.slice(2)).then(
  () => process.exit(),
  (error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
