import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ENTRY_POINTS } from '../../lib/compile';
import { askedForHelp, endWith } from '../command';
import { evaluateGraph } from '../graph';
import { EVERYTHING } from '../preset';
import { callsOf } from './calls';
import { grantsOf, trustOf } from './grants';
import { needsOf, problemsOf } from './needs';
import { renderPrivileges } from './table';

const PROJECT = path.resolve(__dirname, '../..');
const FILE = path.join(PROJECT, 'docs/privileges.md');

const HELP = `npm run privileges: writes docs/privileges.md, and says which grant nobody uses and which call nobody may make

Exit codes: 0 there is none, 1 there is one, or it could not be written.`;

/** `npm run privileges`: writes the table, and says what does not fit. @returns the exit code */
async function main(argv: string[]): Promise<number> {
  if (askedForHelp(argv, HELP)) return 0;
  const calls = await callsOf(PROJECT, ENTRY_POINTS);
  const resources = await evaluateGraph(EVERYTHING);
  const grants = grantsOf(resources);
  const needs = needsOf(resources, calls, grants, EVERYTHING);
  writeFileSync(FILE, renderPrivileges(grants, needs, trustOf(resources)));
  const problems = problemsOf(resources, grants, needs, calls);
  for (const problem of problems) console.error(problem);
  console.log(`${path.relative(PROJECT, FILE)}: ${grants.length} grants, ${problems.length} problems`);
  return problems.length === 0 ? 0 : 1;
}

endWith(main(process.argv.slice(2)), 1);
