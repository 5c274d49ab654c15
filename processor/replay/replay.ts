import { WINDOW_MS } from '../history/timeline';
import type { Lists } from '../policy/lists';
import type { RuleSet } from '../rules/rule-set';
import type { Transaction } from '../types';
import { judgeBoth } from './judges';
import { count, type Disposition, emptyReport, type Report, type Side } from './report';
import { Window } from './window';

const DAY_MS = 86_400_000;
/** Japan is nine hours ahead of UTC all year. */
const JAPAN_MS = 9 * 3_600_000;

export interface ReplayOptions extends Record<Side, RuleSet> {
  /** As they are to apply to every transaction. */
  lists: Pick<Lists, 'hitsOf'>;
  /** Event time from which on transactions are judged, milliseconds since 1970-01-01T00:00:00Z; those before make histories. */
  from: number;
  /** Event time after which every transaction is given, milliseconds; when absent, that of the first one. */
  knownSince?: number;
  /** Examples of a kind to keep, 0 to `MAX_EXAMPLES`. */
  examples: number;
}

/**
 * Judges transactions by two rule sets on their exact histories. It is given them in order of event time and id, those of the
 * 24 hours before the span first. Memory follows the traffic of 24 hours, not the length of the span.
 */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #judge: ReturnType<typeof judgeBoth>;
  readonly #window = new Window();
  readonly #report: Report;
  #wholeFrom: number | undefined;
  #last: Transaction | undefined;
  #day = '';
  #dayEnd = Number.NEGATIVE_INFINITY;

  constructor(options: ReplayOptions) {
    const { baseline, candidate, knownSince } = options;
    this.#options = options;
    this.#judge = judgeBoth(options);
    this.#report = emptyReport({ baseline: baseline.version, candidate: candidate.version, from: '', to: '' });
    this.#wholeFrom = knownSince === undefined ? undefined : knownSince + WINDOW_MS;
  }

  /** Event time of the last transaction taken, milliseconds since 1970-01-01T00:00:00Z. */
  get reached(): number | undefined {
    return this.#last?.occurredAt;
  }

  /** Transactions of the last 24 hours, which are in memory. */
  get held(): number {
    return this.#window.held;
  }

  /**
   * Takes the next transaction.
   *
   * @param disposition what analysts found out about it
   * @throws when it does not come after the one before
   */
  take(transaction: Transaction, disposition?: Disposition): void {
    const { occurredAt, transactionId } = transaction;
    if (this.#last !== undefined && compare(this.#last, transaction) >= 0) {
      throw new Error(`transactions must come in order of event time and id, each once; ${transactionId} does not`);
    }
    this.#last = transaction;
    this.#wholeFrom ??= occurredAt + WINDOW_MS;
    if (occurredAt < this.#options.from) {
      this.#window.pass(transaction);
      return;
    }
    const { lists, examples } = this.#options;
    if (occurredAt < this.#wholeFrom) this.#report.partial++;
    this.#window.pass(transaction, (histories) => {
      const facts = { ...histories, listHits: lists.hitsOf(transaction), idOf: Window.idOf };
      const verdicts = this.#judge(transaction, facts);
      count(this.#report, { transaction, day: this.#dayOf(occurredAt), disposition, ...verdicts }, examples);
    });
  }

  /** The report, given the event times between which every transaction has been taken, milliseconds. */
  report(from: number, to: number): Report {
    return { ...this.#report, from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  }

  #dayOf(time: number): string {
    if (time >= this.#dayEnd) {
      const day = Math.floor((time + JAPAN_MS) / DAY_MS);
      this.#day = new Date(day * DAY_MS).toISOString().slice(0, 10);
      this.#dayEnd = (day + 1) * DAY_MS - JAPAN_MS;
    }
    return this.#day;
  }
}

/** The order of transactions: by event time, ties by id. Negative when `a` comes before `b`. */
export function compare(a: Transaction, b: Transaction): number {
  if (a.occurredAt !== b.occurredAt) return a.occurredAt - b.occurredAt;
  return a.transactionId < b.transactionId ? -1 : Number(a.transactionId > b.transactionId);
}
