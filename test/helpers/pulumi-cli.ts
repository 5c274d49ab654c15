import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What the CLI is to answer to a command: the beginning of its arguments. */
export interface CliAnswer {
  command: string;
  stdout?: string;
  stderr?: string;
  status?: number;
}

/**
 * Puts an executable named `pulumi` alone on the PATH. It notes its arguments and gives the answers to a command one after the
 * other, the last one again and again.
 *
 * @param folder for the executable and its notes
 * @returns the arguments of every call so far
 */
export function fakePulumiCli(folder: string, answers: readonly CliAnswer[]): () => string[][] {
  const bin = path.join(folder, 'bin');
  const calls = path.join(folder, 'calls.json');
  mkdirSync(bin);
  writeFileSync(calls, '[]');
  const program = `#!${process.execPath}
const { readFileSync, writeFileSync } = require('node:fs');
const argv = process.argv.slice(2);
const calls = JSON.parse(readFileSync(${JSON.stringify(calls)}, 'utf8'));
writeFileSync(${JSON.stringify(calls)}, JSON.stringify([...calls, argv]));
const mine = ${JSON.stringify(answers)}.filter(({ command }) => argv.join(' ').startsWith(command));
const earlier = calls.filter((call) => call.join(' ').startsWith(mine[0].command)).length;
const { stdout = '', stderr = '', status = 0 } = mine[Math.min(earlier, mine.length - 1)];
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = status;
`;
  writeFileSync(path.join(bin, 'pulumi'), program);
  chmodSync(path.join(bin, 'pulumi'), 0o755);
  process.env.PATH = bin;
  return () => JSON.parse(readFileSync(calls, 'utf8')) as string[][];
}

/** A resource as `pulumi stack export` writes it. */
export function exported(type: string, name: string, id: string, more: object = {}) {
  return { urn: `urn:pulumi:dev::tap-stack::tap:stack:TapStack$${type}::${name}`, custom: true, type, id, ...more };
}

/** The state of a stack as `pulumi stack export` writes it. */
export function exportedState(resources: object[], pending: object[] = []): string {
  const operations = pending.map((resource) => ({ resource, type: 'creating' }));
  return JSON.stringify({ version: 3, deployment: { resources, pending_operations: operations } });
}
