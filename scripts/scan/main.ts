import path from 'node:path';
import { askedForHelp, endWith } from '../command';
import { evaluateGraph, type Resource } from '../graph';
import { EVERYTHING, PRESETS, readPreset } from '../preset';
import { ACCEPTED } from './accepted';
import { scan } from './checkov';
import { problemsOf } from './verdict';

const PROJECT = path.resolve(__dirname, '../..');

const HELP = `npm run scan: has checkov look at the stack, and gives the reason of each failed check

It installs checkov from PyPI in .local/scanner on first use.

Exit codes: 0 every failed check has its reason, 1 one has none or a reason is not needed, or it could not look.`;

/** `npm run scan`: what checkov says of the stack. @returns the exit code */
async function main(argv: string[]): Promise<number> {
  if (askedForHelp(argv, HELP)) return 0;
  const settings = {
    defaults: {},
    everything: EVERYTHING,
    ...Object.fromEntries(PRESETS.map((name) => [name, readPreset(PROJECT, name)])),
  };
  const graphs: Record<string, Resource[]> = {};
  for (const [name, given] of Object.entries(settings)) graphs[name] = await evaluateGraph(given);
  const results = await scan(graphs, console.log);
  const problems = problemsOf(results);
  for (const { check, asks, on, reason } of ACCEPTED)
    console.log(`${check}: ${asks}\n  not on ${on.join(', ')}\n  ${reason}`);
  for (const name of Object.keys(graphs)) {
    const own = results.filter(({ graph }) => graph === name);
    const passed = own.filter((result) => result.passed).length;
    console.log(
      `${name}: ${passed} checks passed, ${own.length - passed} failed for the reasons above, but for what follows`,
    );
  }
  for (const problem of problems) console.error(problem);
  return problems.length === 0 ? 0 : 1;
}

endWith(main(process.argv.slice(2)), 1);
