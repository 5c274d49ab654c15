import { decode } from './decode';
import { type HistoryStore, WHOLE_COVERAGE_SECONDS } from './history/history';
import { type Judged, Judging, type JudgingDependencies } from './judging';
import type { Arrival, Judgement, Quarantined, TransactionStore } from './store/store';
import type { Transaction, Verdict } from './types';

/** A record of the stream. */
export interface StreamRecord {
  /** `shardId:sequenceNumber`. */
  eventId: string;
  data: Uint8Array;
}

/** What became of a batch, in numbers of records, transactions and judgements. */
export interface BatchSummary {
  received: number;
  stored: number;
  duplicates: number;
  quarantined: number;
  allowed: number;
  reviewed: number;
  blocked: number;
  /** Transactions judged again because one arrived behind them. */
  revised: number;
  /** Transactions that arrived later than the allowed lateness. */
  late: number;
  /** Transactions judged on histories that did not cover the whole 24 hours. */
  incomplete: number;
  /** Verdicts of shadow rule sets that would have been other than allow. */
  shadowed: number;
}

export interface PipelineDependencies extends JudgingDependencies {
  store: TransactionStore;
  history: HistoryStore;
  /** The clock, milliseconds since 1970-01-01T00:00:00Z; only the check for future times uses it. */
  now(): number;
}

/**
 * Processes one batch: decode, store, append to and read the histories, judge, record.
 *
 * Every step can be repeated, so a batch that fails anywhere is simply delivered again. Whatever the order, the batches
 * and the concurrency in which a set of transactions is processed, the current verdicts come to equal those computed over
 * the whole set (`docs/architecture.md` says why):
 * - a transaction is committed before it enters a history, so whoever finds it there can load it;
 * - appending and reading are one atomic step, so of two judgements the one with more appends saw all the other did;
 * - who arrives behind others of the same entity judges those again;
 * - a batch's own judgements and the revisions it led to rest on one generation of the histories, are recorded together, and
 *   are what marks the batch as done.
 *
 * @throws when a store is away; nothing is lost, the batch is to be delivered again
 */
export async function processBatch(
  records: readonly StreamRecord[],
  dependencies: PipelineDependencies,
): Promise<BatchSummary> {
  const { store, now } = dependencies;
  const arrivals: Arrival[] = [];
  const quarantined: Quarantined[] = [];
  for (const { eventId, data } of records) {
    const decoded = decode(data, now());
    if ('reason' in decoded) quarantined.push({ eventId, ...decoded });
    else arrivals.push({ eventId, ...decoded });
  }
  const { stored, repeated, conflicts, judged } = await store.accept(arrivals, quarantined);
  const transactions = new Map(
    arrivals
      .filter(({ eventId, transaction }) => !conflicts.has(eventId) && !judged.has(transaction.transactionId))
      .map(({ transaction }) => [transaction.transactionId, transaction]),
  );
  const [own, revised] =
    transactions.size > 0 ? await judgeAndRecord([...transactions.values()], repeated, dependencies) : [];

  const judgements = own?.judgements ?? [];
  const count = (list: readonly Judgement[], decision: Verdict['decision']) =>
    list.filter(({ verdict }) => verdict.decision === decision).length;
  return {
    received: records.length,
    stored,
    duplicates: arrivals.length - conflicts.size - stored,
    quarantined: quarantined.length + conflicts.size,
    allowed: count(judgements, 'allow'),
    reviewed: count(judgements, 'review'),
    blocked: count(judgements, 'block'),
    revised: revised?.judgements.length ?? 0,
    late: judgements.filter(({ late }) => late).length,
    incomplete: judgements.filter(({ coverageSeconds }) => coverageSeconds < WHOLE_COVERAGE_SECONDS).length,
    shadowed: own === undefined ? 0 : own.shadow.length - count(own.shadow, 'allow'),
  };
}

/** Judges transactions and those they arrived behind until all of it rests on one generation of the histories that still counts. */
async function judgeAndRecord(
  transactions: readonly Transaction[],
  repeated: ReadonlySet<string>,
  dependencies: PipelineDependencies,
): Promise<[own: Judged, revised: Judged]> {
  const { store, history } = dependencies;
  const judging = new Judging(dependencies);
  for (;;) {
    const snapshot = await history.append(transactions);
    const own = await judging.judge(transactions, snapshot, ({ transactionId }) => transactionId);
    const revised = await judging.judgeOvertaken(transactions, snapshot);
    if (revised.generation.number !== snapshot.generation.number) continue;
    const recorded = await store.record(
      [...own.judgements, ...revised.judgements],
      [...own.shadow, ...revised.shadow],
      snapshot.generation.number,
      repeated,
    );
    if (recorded) return [own, revised];
    await history.advance(snapshot.generation, await store.currentGeneration());
  }
}
