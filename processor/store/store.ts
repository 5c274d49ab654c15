import type { Rejection } from '../decode';
import type { Generation } from '../history/history';
import type { Transaction, TransactionRef, Verdict } from '../types';

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
  /** Ids of transactions that had been stored before: by now there may be judgements of them. */
  repeated: ReadonlySet<string>;
  /** Event ids of records whose transaction id was taken by other content; they went to quarantine. */
  conflicts: ReadonlySet<string>;
  /** Transaction ids that had been stored and judged before. */
  judged: ReadonlySet<string>;
}

/** One judgement of a transaction. */
export interface Judgement {
  transaction: Transaction;
  verdict: Verdict;
  /**
   * The generation of the histories and the number of appends to them that it rests on, in one number that only grows: of
   * several judgements of a transaction the highest counts (`positionOf`).
   */
  position: number;
  /** The transaction whose arrival led to it, itself or one that arrived behind it; or `rebuild/<generation>`. */
  triggeredBy: string;
  /** Whether its transaction arrived later than the allowed lateness. */
  late: boolean;
  /** How much of the 24 hours before it the histories covered, seconds, 0 to 86,400. */
  coverageSeconds: number;
  ruleSetVersion: string;
  /** The lists as they were after this change (`tap.list_changes.id`), 0 where there had been none. */
  listsVersion: number;
}

/** Permanent storage. Each call is one round trip and one database transaction, and may be repeated without effect. */
export interface TransactionStore {
  /** Stores transactions that are new and quarantines refused and conflicting records. */
  accept(arrivals: readonly Arrival[], quarantined: readonly Quarantined[]): Promise<Acceptance>;
  /** Loads stored transactions by what histories know of them; those that are not stored are left out. */
  load(refs: readonly TransactionRef[]): Promise<Transaction[]>;
  /**
   * Stores judgements and, apart from them, those of shadow rule sets, and puts alerts that are new, changed or withdrawn
   * into the outbox.
   *
   * @param generation that of the histories they rest on
   * @param repeated transactions that have perhaps been judged before; that one of the others has costs time, nothing else
   * @returns false, with nothing stored, when the histories were rebuilt meanwhile: read them and judge again
   */
  record(
    judgements: readonly Judgement[],
    shadow: readonly Judgement[],
    generation: number,
    repeated?: ReadonlySet<string>,
  ): Promise<boolean>;
  /** The newest generation of the histories. @throws when none has begun */
  currentGeneration(): Promise<Generation>;
  /**
   * Begins a new generation of the histories after their loss was noticed, unless somebody did already.
   *
   * @param known number of the newest generation that is known, 0 for none
   * @returns the newest generation, and whether this call began it: only who began it may mark the histories with it
   */
  beginGeneration(known: number): Promise<{ generation: Generation; begun: boolean }>;
}
