import { decode } from './decode';
import { type HistoryStore, historiesOf, type Snapshot, timelinesOf } from './history/history';
import type { Arrival, Judgement, Quarantined, TransactionStore } from './store/store';
import type { Histories, HistoryRecord, Transaction, Verdict } from './types';

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
}

export interface PipelineDependencies {
  store: TransactionStore;
  history: HistoryStore;
  judge(transaction: Transaction, histories: Histories): Verdict;
  ruleSetVersion: string;
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
 * - a batch's own judgements and the revisions it led to are recorded together, and are what marks it as done.
 *
 * @throws when a store is away; nothing is lost, the batch is to be delivered again
 */
export async function processBatch(
  records: readonly StreamRecord[],
  { store, history, judge, ruleSetVersion, now }: PipelineDependencies,
): Promise<BatchSummary> {
  const arrivals: Arrival[] = [];
  const quarantined: Quarantined[] = [];
  for (const { eventId, data } of records) {
    const decoded = decode(data, now());
    if ('reason' in decoded) quarantined.push({ eventId, ...decoded });
    else arrivals.push({ eventId, ...decoded });
  }
  const { stored, conflicts, judged } = await store.accept(arrivals, quarantined);
  const transactions = new Map(
    arrivals
      .filter(({ eventId, transaction }) => !conflicts.has(eventId) && !judged.has(transaction.transactionId))
      .map(({ transaction }) => [transaction.transactionId, transaction]),
  );

  const judgeOn = (snapshot: Snapshot, transaction: Transaction, triggeredBy: string): Judgement => {
    const timelines = timelinesOf(snapshot, transaction);
    return {
      transaction,
      verdict: judge(transaction, historiesOf(snapshot, transaction)),
      position: timelines.reduce((sum, timeline) => sum + timeline.appended, 0),
      triggeredBy,
      late: timelines.some((timeline) => timeline.isLate(transaction)),
      ruleSetVersion,
    };
  };

  const judgements: Judgement[] = [];
  let revisions: Judgement[] = [];
  if (transactions.size > 0) {
    const snapshot = await history.append([...transactions.values()]);
    for (const transaction of transactions.values())
      judgements.push(judgeOn(snapshot, transaction, transaction.transactionId));
    const overtaken = overtakenBy(transactions, snapshot);
    if (overtaken.size > 0) {
      const affected = await store.load([...overtaken.values()].map(({ record }) => record));
      const current = await history.read(affected);
      revisions = affected
        .filter((transaction) => timelinesOf(current, transaction).every((timeline) => timeline.covers(transaction)))
        .map((transaction) => judgeOn(current, transaction, overtaken.get(transaction.transactionId)?.by as string));
    }
    await Promise.all([store.record([...judgements, ...revisions]), history.trim(snapshot)]);
  }

  const count = (decision: Verdict['decision']) =>
    judgements.filter(({ verdict }) => verdict.decision === decision).length;
  return {
    received: records.length,
    stored,
    duplicates: arrivals.length - conflicts.size - stored,
    quarantined: quarantined.length + conflicts.size,
    allowed: count('allow'),
    reviewed: count('review'),
    blocked: count('block'),
    revised: revisions.length,
    late: judgements.filter(({ late }) => late).length,
  };
}

/** Transactions outside the batch that one of the batch arrived behind, with the last such one. */
function overtakenBy(transactions: ReadonlyMap<string, Transaction>, snapshot: Snapshot) {
  const overtaken = new Map<string, { record: HistoryRecord; by: string }>();
  for (const transaction of transactions.values()) {
    for (const timeline of timelinesOf(snapshot, transaction)) {
      for (const record of timeline.after(transaction)) {
        if (!transactions.has(record.transactionId))
          overtaken.set(record.transactionId, { record, by: transaction.transactionId });
      }
    }
  }
  return overtaken;
}
