import type { Rejection } from '../decode';
import type { Transaction, Verdict } from '../types';

/** A record of the stream that reached the store, with its identity in the stream (`shardId:sequenceNumber`). */
export interface Arrival {
  eventId: string;
  transaction: Transaction;
  contentHash: string;
}

/** A record to be kept in quarantine. */
export interface Quarantined extends Rejection {
  eventId: string;
}

/** What became of a batch's records. */
export interface Acceptance {
  /** Number of transactions stored for the first time. */
  stored: number;
  /** Event ids of records whose transaction id was taken by other content; they went to quarantine. */
  conflicts: ReadonlySet<string>;
  /** Transaction ids that had been stored and judged before. */
  judged: ReadonlySet<string>;
}

/** One judgement of a transaction. */
export interface Judgement {
  transaction: Transaction;
  verdict: Verdict;
  /** How many appends to its histories it rests on; of several judgements of a transaction the highest counts. */
  position: number;
  /** The transaction whose arrival led to it: itself, or one that arrived behind it. */
  triggeredBy: string;
  /** Whether its transaction arrived later than the allowed lateness. */
  late: boolean;
  ruleSetVersion: string;
}

/** Permanent storage. Each call is one round trip and one database transaction, and may be repeated without effect. */
export interface TransactionStore {
  /** Stores transactions that are new and quarantines refused and conflicting records. */
  accept(arrivals: readonly Arrival[], quarantined: readonly Quarantined[]): Promise<Acceptance>;
  /** Loads stored transactions. */
  load(positions: readonly Pick<Transaction, 'transactionId' | 'occurredAt'>[]): Promise<Transaction[]>;
  /** Stores judgements. */
  record(judgements: readonly Judgement[]): Promise<void>;
}
