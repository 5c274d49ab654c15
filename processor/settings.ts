import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A variable that the deployment sets. @throws when it is not set */
export function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} is not set; the stack sets it (lib/processor.ts)`);
  return value;
}

/** A text file that the deployment packed beside the code. @throws when it is not there */
export function packedFile(name: string): string {
  return readFileSync(join(variable('LAMBDA_TASK_ROOT'), name), 'utf8');
}

/** How far behind the newest of its entities a transaction may arrive and still be judged on whole histories, milliseconds. */
export function allowedLatenessMs(): number {
  return Number(variable('ALLOWED_LATENESS_MINUTES')) * 60_000;
}
