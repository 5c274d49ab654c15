import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where applications and tests look for the outputs of a deployment. */
const OUTPUTS_FILE = join(__dirname, '..', 'cfn-outputs', 'flat-outputs.json');

/** Replaces the outputs file in one step: a reader sees the old one or the new one, never a part. */
export async function writeOutputs(outputs: Record<string, string | number>, file = OUTPUTS_FILE): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(temporary, `${JSON.stringify(outputs, null, 2)}\n`);
  await rename(temporary, file);
}
