import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Transaction } from '../../../../processor/types';
import { TransactionFile } from '../../../../scripts/replay/file';
import { leftOutOf, replayFile } from '../../../../scripts/replay/offline';
import { asRecord, HOUR, T0, transaction } from '../../../helpers/transactions';
import { ruleSetOf } from '../../processor/replay/rule-sets';

const folder = mkdtempSync(join(tmpdir(), 'tap-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

const line = (changes: Partial<Transaction>) => JSON.stringify(asRecord(transaction(changes)));

function fileOf(lines: string[], reach?: number): TransactionFile {
  const file = join(folder, `${Math.random()}.ndjson.gz`);
  writeFileSync(file, gzipSync(lines.join('\n')));
  return new TransactionFile(file, reach);
}

async function read(file: TransactionFile): Promise<string[]> {
  const ids: string[] = [];
  for await (const transactions of file) ids.push(...transactions.map(({ transactionId }) => transactionId));
  return ids;
}

const at = (transactionId: string, hours: number, changes: Partial<Transaction> = {}) =>
  line({ transactionId, occurredAt: T0 + hours * HOUR, ...changes });

describe('a file of transactions', () => {
  test('is read in order of event time and id, each once', async () => {
    const file = fileOf([at('d', 3), at('b', 1), at('a', 1), at('c', 2), at('b', 1), at('e', 0)]);
    expect(await read(file)).toEqual(['e', 'a', 'b', 'c', 'd']);
    expect(file.leftOut).toEqual({ copy: 1 });
    expect(file.fraction).toBe(1);
    expect(leftOutOf(file)).toBe('Records of the file that were left out: 1 copy.');
  });

  test('holds as many records as may be out of order, and leaves out what is further behind', async () => {
    const lines = [at('a', 0), at('c', 2), at('d', 3), at('b', 1), at('e', 4), at('f', 5), at('late', 0.5)];
    expect(await read(fileOf(lines, 4))).toEqual(['a', 'late', 'b', 'c', 'd', 'e', 'f']);
    const file = fileOf(lines, 2);
    expect(await read(file)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(file.leftOut).toEqual({ 'out-of-order': 1 });
  });

  test('leaves out what is no transaction, by why', async () => {
    const file = fileOf(['no', 'neither', line({ currency: 'YEN' }), at('a', 0)]);
    expect(await read(file)).toEqual(['a']);
    expect(file.leftOut).toEqual({ 'not-json': 2, 'malformed:currency': 1 });
    expect(leftOutOf(fileOf([]))).toBe('');
  });
});

describe('the replay of a file', () => {
  const baseline = ruleSetOf('old', { 'token-velocity': { count: 1, windowMinutes: 1440 } });
  const candidate = ruleSetOf('new', { 'token-velocity': { count: 2, windowMinutes: 1440 } });
  const lines = ['a', 'b', 'c', 'd'].map((id, i) => at(id, i * 20));
  const replay = async (span: { from?: number; to?: number }, all = lines) => {
    const progress: unknown[] = [];
    const report = await replayFile(fileOf(all), { candidate, baseline, examples: 5, ...span }, (...shown) =>
      progress.push(shown),
    );
    return { report, progress };
  };

  test('is of the whole file where no span is named', async () => {
    const { report, progress } = await replay({});
    expect([report.from, report.to]).toEqual(['2026-04-01T00:00:00.000Z', '2026-04-03T12:00:00.001Z']);
    expect([report.transactions, report.partial]).toEqual([4, 2]);
    // Each but the first has one before it in its 24 hours.
    expect(report.rules['token-velocity']).toEqual({ baseline: 3, candidate: 0, gained: 0, lost: 3 });
    expect(progress).toEqual([[1, 4]]);
  });

  test('takes the 24 hours before the span for histories, and nothing after it', async () => {
    const { report, progress } = await replay({ from: T0 + 40 * HOUR, to: T0 + 60 * HOUR });
    expect([report.from, report.to]).toEqual(['2026-04-02T16:00:00.000Z', '2026-04-03T12:00:00.000Z']);
    // `a` is known, and too old to count.
    expect([report.transactions, report.partial]).toEqual([1, 0]);
    expect(report.rules['token-velocity']).toEqual({ baseline: 1, candidate: 0, gained: 0, lost: 1 });
    expect(progress).toEqual([[1, 2]]);
  });

  test('says what was left out when the span is empty', async () => {
    await expect(replay({ from: T0 + 61 * HOUR })).rejects.toThrow('--input: the file has no transaction in the span.');
    await expect(replay({}, ['no'])).rejects.toThrow(
      '--input: the file has no transaction in the span. Records of the file that were left out: 1 not-json.',
    );
  });
});
