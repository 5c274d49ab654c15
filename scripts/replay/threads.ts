import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LineFile } from '../../local/feed/file';
import { decode } from '../../processor/decode';
import { merge, type Report } from '../../processor/replay/report';
import { TransactionFile } from './file';
import { type FileSpan, replayFile } from './offline';

/** Of fewer records, a second thread takes longer to start than it saves. */
const WORTH_A_THREAD = 50_000;
/** One record in so many is looked at to find where to cut. */
const SAMPLE = 64;
/**
 * Part of the transactions that the first thread replays. It is more than half, since the second reads those as well, and has the
 * 24 hours before its own for histories.
 */
const FIRST_PART = 0.6;

/** What a file came to. */
export interface Replayed {
  report: Report;
  leftOut: TransactionFile['leftOut'];
}

/** What a thread is given. */
export interface Part {
  file: string;
  span: FileSpan;
}

/** What a thread says: how far it is, then what its part came to. */
export type Said = { fraction: number | undefined; taken: number } | Replayed;

/**
 * Replays a file, a large one on two threads, each a part of the span. The report is the same.
 *
 * @param onProgress hears of the part of the file that has been read, and of how many transactions were taken
 * @throws when the file cannot be read to its end or has no transaction
 */
export async function replayInThreads(
  file: string,
  span: FileSpan,
  onProgress: (fraction: number | undefined, taken: number) => void,
): Promise<Replayed> {
  const cut = await cutOf(file, span);
  if (cut === undefined) return replayHere({ file, span }, onProgress);
  const done = { fraction: 0 as number | undefined, byFirst: 0, bySecond: 0 };
  const show = () => onProgress(done.fraction, done.byFirst + done.bySecond);
  const first = new Thread({ file, span: { ...span, to: cut } }, (_, taken) => {
    done.byFirst = taken;
    show();
  });
  const second = new Thread({ file, span: { ...span, from: cut } }, (fraction, taken) => {
    done.bySecond = taken;
    done.fraction = fraction;
    show();
  });
  try {
    const [before, after] = await Promise.all([first.replayed, second.replayed]);
    // The second has read the whole file.
    return { report: merge(before.report, after.report, span.examples), leftOut: after.leftOut };
  } finally {
    await Promise.all([first.end(), second.end()]);
  }
}

/** Replays a part on this thread. */
export async function replayHere(
  { file, span }: Part,
  onProgress: (fraction: number | undefined, taken: number) => void,
): Promise<Replayed> {
  const transactions = new TransactionFile(file);
  return { report: await replayFile(transactions, span, onProgress), leftOut: transactions.leftOut };
}

/** Event time at which to cut the span, milliseconds since 1970-01-01T00:00:00Z; undefined where it is not worth it. */
async function cutOf(
  file: string,
  { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: FileSpan,
): Promise<number | undefined> {
  const lines = new LineFile(file);
  // What has no size, such as a pipe, can be read only once.
  if (lines.fraction === undefined) return undefined;
  const times: number[] = [];
  let records = 0;
  for await (const line of lines) {
    if (records++ % SAMPLE !== 0 || !Buffer.isBuffer(line)) continue;
    const decoded = decode(line, Date.now());
    if ('reason' in decoded) continue;
    const { occurredAt } = decoded.transaction;
    if (occurredAt >= from && occurredAt < to) times.push(occurredAt);
  }
  times.sort((a, b) => a - b);
  const cut = times[Math.floor(times.length * FIRST_PART)];
  const enough = times.length * SAMPLE >= WORTH_A_THREAD;
  return enough && (cut as number) > (times[0] as number) ? cut : undefined;
}

class Thread {
  readonly replayed: Promise<Replayed>;
  readonly #worker: Worker;

  constructor(part: Part, onProgress: (fraction: number | undefined, taken: number) => void) {
    this.#worker = new Worker(join(__dirname, 'thread.ts'), { execArgv: ['--import', 'tsx'], workerData: part });
    this.replayed = new Promise((resolve, reject) => {
      this.#worker.on('message', (said: Said) => {
        if ('report' in said) resolve(said);
        else onProgress(said.fraction, said.taken);
      });
      this.#worker.once('error', reject);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
