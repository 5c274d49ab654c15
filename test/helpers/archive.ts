import type { Client } from 'pg';
import { ArchiveKeys } from '../../processor/archive/keys';
import { transform } from '../../processor/archive/transform';
import { decode } from '../../processor/decode';
import type { Transaction } from '../../processor/types';
import { openLines, type ReadSummary } from '../../scripts/archive/reader';
import { invoke } from './migrated-database';
import { asRecord, bytes, HOUR, T0 } from './transactions';

/** The lines that Firehose writes of transactions, which need not be valid. */
export async function archived(transactions: readonly object[], archiver: Client): Promise<string[]> {
  const records = transactions.map((t, i) => ({
    recordId: String(i),
    approximateArrivalTimestamp: T0 + 200 * HOUR,
    data: Buffer.from(bytes(asRecord(t as Transaction))).toString('base64'),
  }));
  const keys = new ArchiveKeys(archiver as never);
  const { results } = await transform(records, { decode, keys, now: Date.now, failed: () => undefined });
  return results.map(({ data = '' }) => Buffer.from(data, 'base64').toString());
}

/** Lines of the archive as a reader has them, who asks the operations function for keys. */
export async function readArchive(archive: readonly string[]): Promise<{ text: string; summary: ReadSummary }> {
  let text = '';
  const lines = (async function* () {
    yield* archive;
  })();
  const summary = await openLines(lines, invoke, (line) => {
    text += line;
  });
  return { text, summary };
}
