import { rename, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OptionError } from '../../local/options';
import type { RuleSet } from '../../processor/rules/rule-set';
import { operationsOf } from '../operations';
import { count, withQuality } from './figures';
import { leftOutOf } from './offline';
import { type Options, parseOptions, USAGE } from './options';
import { page } from './page';
import { replayStored, type StoredSpan } from './stack';
import { Progress, tables } from './terminal';
import { type Replayed, replayInThreads } from './threads';

const PROJECT = resolve(__dirname, '..', '..');

async function main(argv: readonly string[]): Promise<void> {
  const options = await parseOptions(argv);
  if (options === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const { report, leftOut } = await replay(options, new Progress(process.stderr));
  if (options.json !== undefined) {
    const full = { ...withQuality(report), leftOut };
    await write(options.json, `${JSON.stringify(full, null, 2)}\n`);
  }
  const note = leftOutOf({ leftOut });
  if (options.html !== undefined) await write(options.html, page(report, note));
  process.stdout.write(tables(report, note));
}

async function replay(options: Options, progress: Progress): Promise<Replayed> {
  const { input, candidate, baseline, ...span } = options;
  const started = performance.now();
  try {
    if (input !== undefined) {
      const rules = { candidate: candidate as RuleSet, baseline: baseline as RuleSet };
      return await replayInThreads(input, { ...rules, ...span }, (fraction, taken) => {
        const percent = fraction === undefined ? '' : `${Math.floor(fraction * 100)} %, `;
        const rate = Math.round(taken / ((performance.now() - started) / 1000));
        progress.show(`${percent}${count(taken)} transactions, ${count(rate)}/s`, performance.now());
      });
    }
    const stored = { ...span, candidate, baseline } as StoredSpan;
    const { ask, close } = operationsOf(PROJECT);
    try {
      const report = await replayStored(stored, ask, (transactions, fraction) => {
        progress.show(`${Math.floor(fraction * 100)} %: ${count(transactions)} transactions`, performance.now());
      });
      return { report, leftOut: {} };
    } finally {
      close();
    }
  } finally {
    progress.end();
  }
}

/** Replaces a file in one step: a reader sees the old one or the new one, never a part. */
async function write(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, file);
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof OptionError ? 2 : 1;
});
