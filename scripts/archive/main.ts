import { once } from 'node:events';
import { resolve } from 'node:path';
import { LineFile } from '../../local/feed/file';
import { operationsOf } from '../operations';
import { openLines } from './reader';

const PROJECT = resolve(__dirname, '..', '..');

const USAGE = `Usage: npm run archive --silent -- FILE...

Opens files of the archive, of the folders transactions/ and refused/, and writes their lines to standard output.
It takes the right to assume the operator role. Lines of customers who were erased come with "erased": true.
`;

async function main(files: readonly string[]): Promise<void> {
  if (files.length === 0 || files.some((file) => file.startsWith('-'))) {
    process.stderr.write(USAGE);
    process.exitCode = files.includes('--help') ? 0 : 2;
    return;
  }
  const { ask, close } = operationsOf(PROJECT);
  try {
    const summary = await openLines(linesOf(files), ask, async (line) => {
      if (!process.stdout.write(line)) await once(process.stdout, 'drain');
    });
    const { lines, opened, erased, plain } = summary;
    process.stderr.write(`${lines} lines: ${opened} opened, ${erased} erased, ${plain} with nothing personal\n`);
  } finally {
    close();
  }
}

async function* linesOf(files: readonly string[]): AsyncGenerator<string> {
  for (const file of files) {
    for await (const line of new LineFile(file)) {
      if (!Buffer.isBuffer(line)) throw new Error(`${file}: line ${line.line} is longer than any of the archive`);
      yield line.toString();
    }
  }
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
