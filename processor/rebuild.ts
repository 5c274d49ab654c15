import { type Generation, type HistoryStore, refOf, type Snapshot, timelinesOf } from './history/history';
import { ALLOWED_LATENESS_MS, WINDOW_MS } from './history/timeline';
import { Judging, type JudgingDependencies } from './judging';
import type { TransactionStore } from './store/store';
import type { Transaction } from './types';

/** What a rebuild asks of permanent storage beyond what a batch does. */
export interface RebuildStore extends Pick<TransactionStore, 'load' | 'record'> {
  /** Event time of the newest stored transaction, -Infinity where there is none. */
  newest(): Promise<number>;
  /** Stored transactions with `after` < event time <= `through`, in order, in portions. */
  between(after: number, through: number): AsyncIterable<Transaction[]>;
  /**
   * Begins the generation after `incomplete` as a whole one, once every judgement that is being recorded is; from then on
   * `record` refuses judgements that rest on `incomplete`.
   *
   * @returns the current generation: another one where the histories were lost again meanwhile
   */
  complete(incomplete: Generation): Promise<Generation>;
  /** Transactions whose current verdict rests on less than 24 hours because of a generation that was not whole, in portions. */
  incompletelyJudged(): AsyncIterable<{ transaction: Transaction; late: boolean }[]>;
  /** By key, the histories of the transactions' entities from 24 hours before to 24 hours after each. */
  histories(transactions: readonly Transaction[]): Promise<Snapshot['timelines']>;
}

/** Histories that can be filled again. */
export interface RebuildHistory extends HistoryStore {
  /** Appends those of the transactions that a history lacks; what comes so says nothing about lateness. @returns how many records were missing */
  restore(transactions: readonly Transaction[]): Promise<number>;
}

export interface RebuildDependencies extends JudgingDependencies {
  store: RebuildStore;
  history: RebuildHistory;
}

export interface RebuildResult {
  generation: number;
  /** False when the cache was lost once more while it was filled: rebuild again. */
  whole: boolean;
  /** Records that were missing from histories. */
  restored: number;
  /** Verdicts that were given on less than 24 hours and have been given again. */
  judgedAgain: number;
}

/** How often to begin anew when the histories are lost while they are filled. */
const ATTEMPTS = 3;

/**
 * Fills the histories from permanent storage while traffic flows, after which verdicts cover the whole 24 hours again, and
 * judges again what was judged meanwhile. Every step may be repeated, and nothing is done where nothing is missing.
 *
 * Besides the transactions that were judged on too little, those that one of these arrived behind are judged again: who arrived
 * while the later ones were missing could not see them.
 */
export async function rebuild(dependencies: RebuildDependencies): Promise<RebuildResult> {
  const { store, history } = dependencies;
  let restored = 0;
  let generation: Generation;
  for (let attempt = 1; ; attempt++) {
    ({ generation } = await history.read([]));
    if (isWhole(generation) || attempt > ATTEMPTS) break;
    const needed = (await store.newest()) - WINDOW_MS - ALLOWED_LATENESS_MS;
    for await (const transactions of store.between(needed, generation.completeAfter))
      restored += await history.restore(transactions);
    await history.advance(generation, await store.complete(generation));
  }
  let judgedAgain = 0;
  if (isWhole(generation)) {
    for await (const portion of store.incompletelyJudged())
      judgedAgain += await judgeAgain(portion, generation, dependencies);
  }
  return { generation: generation.number, whole: isWhole(generation), restored, judgedAgain };
}

function isWhole({ completeAfter }: Generation): boolean {
  return completeAfter === Number.NEGATIVE_INFINITY;
}

/**
 * Judges transactions again, and those that they arrived behind. What happened too long ago to be in the cache is judged on
 * permanent storage: nothing else judges it any more, so its positions compete with none.
 */
async function judgeAgain(
  portion: readonly { transaction: Transaction; late: boolean }[],
  generation: Generation,
  dependencies: RebuildDependencies,
): Promise<number> {
  const { store, history } = dependencies;
  const late = new Map(portion.map(({ transaction, late }) => [transaction.transactionId, late]));
  const transactions = portion.map(({ transaction }) => transaction);
  const cached = await history.read(transactions);
  const isCovered = (transaction: Transaction) =>
    timelinesOf(cached, transaction).every((timeline) => timeline.covers(refOf(transaction)));
  const old = transactions.filter((transaction) => !isCovered(transaction));
  const stored = {
    read: async (wanted: readonly Transaction[]) => ({ generation, timelines: await store.histories(wanted) }),
  };
  const trigger = () => `rebuild/${generation.number}`;

  const judging = new Judging(dependencies, transactions);
  const judgingOld = new Judging({ ...dependencies, history: stored }, old);
  const storedSnapshot = await stored.read(old);
  const judged = [
    await judging.judge(transactions.filter(isCovered), cached, trigger),
    await judging.judgeOvertaken(transactions, cached),
    await judgingOld.judge(old, storedSnapshot, trigger),
    await judgingOld.judgeOvertaken(old, storedSnapshot),
  ];
  if (judged.some((part) => part.generation.number !== generation.number))
    throw new Error('the histories were lost again while verdicts were given again; rebuild once more');
  const judgements = judged
    .flatMap((part) => part.judgements)
    .map((judgement) => ({
      ...judgement,
      late: judgement.late || late.get(judgement.transaction.transactionId) === true,
    }));
  await store.record(
    judgements,
    judged.flatMap(({ shadow }) => shadow),
    generation.number,
  );
  return judgements.length;
}
