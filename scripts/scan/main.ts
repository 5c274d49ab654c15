import path from 'node:path';
import { endWith } from '../command';
import { evaluateGraph, type Resource } from '../graph';
import { EVERYTHING, PRESETS, readPreset } from '../preset';
import { ACCEPTED } from './accepted';
import { scan } from './checkov';
import { problemsOf } from './verdict';

const PROJECT = path.resolve(__dirname, '../..');

/** `npm run scan`: what checkov says of the stack. @returns the exit code */
async function main(): Promise<number> {
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

endWith(main(), 1);
