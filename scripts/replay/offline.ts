import { WINDOW_MS } from '../../processor/history/timeline';
import { Lists } from '../../processor/policy/lists';
import { Replay } from '../../processor/replay/replay';
import type { Report } from '../../processor/replay/report';
import type { RuleSet } from '../../processor/rules/rule-set';
import type { TransactionFile } from './file';

export interface FileSpan {
  candidate: RuleSet;
  baseline: RuleSet;
  /** Milliseconds since 1970-01-01T00:00:00Z; the file's first transaction when absent. */
  from?: number;
  /** After the file's last transaction when absent. */
  to?: number;
  examples: number;
}

/**
 * Replays a file, which knows neither lists nor dispositions.
 *
 * @param onProgress hears of the part of the file that has been read, and of how many transactions were taken
 * @throws when the file cannot be read to its end or has no transaction
 */
export async function replayFile(
  file: TransactionFile,
  { candidate, baseline, from, to = Number.POSITIVE_INFINITY, examples }: FileSpan,
  onProgress: (fraction: number | undefined, taken: number) => void,
): Promise<Report> {
  let run: Replay | undefined;
  let start = from;
  let knownSince: number | undefined;
  let taken = 0;
  let done = false;
  for await (const transactions of file) {
    for (const transaction of transactions) {
      start ??= transaction.occurredAt;
      if (transaction.occurredAt <= start - WINDOW_MS) {
        knownSince = start - WINDOW_MS;
        continue;
      }
      done ||= transaction.occurredAt >= to;
      if (done) break;
      run ??= new Replay({ candidate, baseline, lists: Lists.EMPTY, from: start, knownSince, examples });
      run.take(transaction);
      taken++;
    }
    onProgress(file.fraction, taken);
    if (done) break;
  }
  if (run?.reached === undefined || start === undefined || run.reached < start) {
    throw new Error(`--input: the file has no transaction in the span. ${leftOutOf(file)}`.trim());
  }
  return run.report(start, Number.isFinite(to) ? to : run.reached + 1);
}

/** What was left out of a file as a sentence, empty when nothing was. */
export function leftOutOf({ leftOut }: Pick<TransactionFile, 'leftOut'>): string {
  const reasons = Object.entries(leftOut).map(([reason, records]) => `${records.toLocaleString('en')} ${reason}`);
  return reasons.length === 0 ? '' : `Records of the file that were left out: ${reasons.join(', ')}.`;
}
