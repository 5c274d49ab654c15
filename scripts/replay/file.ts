import { LineFile } from '../../local/feed/file';
import { decode } from '../../processor/decode';
import { compare } from '../../processor/replay/replay';
import type { Transaction } from '../../processor/types';

/** How far records may be out of order in a file, in records: at 1,000 a minute, 50 minutes. */
const REACH = 50_000;

/**
 * The transactions of an NDJSON file in order of event time and id, each once, in constant memory. What is no transaction, or
 * too far behind others, is left out and counted.
 */
export class TransactionFile implements AsyncIterable<readonly Transaction[]> {
  /** Records left out, by why. */
  readonly leftOut: Record<string, number> = {};
  readonly #lines: LineFile;
  readonly #reach: number;
  #last: Transaction | undefined;

  /** @param reach how many records later a record may stand than its place in order */
  constructor(file: string, reach = REACH) {
    this.#lines = new LineFile(file);
    this.#reach = reach;
  }

  /** Part of the file that has been read, 0 to 1; undefined for what has no size, such as a pipe. */
  get fraction(): number | undefined {
    return this.#lines.fraction;
  }

  /** @throws FileError when the file cannot be read to its end */
  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Transaction[]> {
    const now = Date.now();
    const held: Transaction[] = [];
    for await (const line of this.#lines) {
      const decoded = Buffer.isBuffer(line) ? decode(line, now) : { reason: 'too-large' };
      if ('reason' in decoded) this.#leaveOut(decoded.reason);
      else if (held.push(decoded.transaction) === 2 * this.#reach) {
        yield this.#inOrder(held.sort(compare).splice(0, this.#reach));
      }
    }
    yield this.#inOrder(held.sort(compare));
  }

  #inOrder(sorted: readonly Transaction[]): Transaction[] {
    return sorted.filter((transaction) => {
      const order = this.#last === undefined ? 1 : compare(transaction, this.#last);
      if (order > 0) this.#last = transaction;
      else this.#leaveOut(order === 0 ? 'copy' : 'out-of-order');
      return order > 0;
    });
  }

  #leaveOut(reason: string): void {
    this.leftOut[reason] = (this.leftOut[reason] ?? 0) + 1;
  }
}
