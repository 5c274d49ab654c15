import { type Generation, type HistoryStore, placesIn, type Snapshot } from './history/history';
import { WINDOW_MS } from './history/timeline';
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
   * Begins the generation after `incomplete` once every judgement that is being recorded is; from then on `record` refuses
   * judgements that rest on `incomplete`.
   *
   * @param completeAfter what the histories hold by now, milliseconds since 1970-01-01T00:00:00Z
   * @returns the newest generation; not begun where the histories were lost again meanwhile
   */
  complete(incomplete: Generation, completeAfter: number): Promise<{ generation: Generation; begun: boolean }>;
  /**
   * Transactions whose last judgement in their own turn (by their arrival or by a rebuild) rests on less than 24 hours and on a
   * generation that began with a loss, in portions. That another arrived behind one and had it judged again does not count:
   * those that it arrived behind itself were not judged again then.
   */
  incompletelyJudged(): AsyncIterable<{ transaction: Transaction; late: boolean }[]>;
  /** By key, the histories of the transactions' entities from 24 hours before to 24 hours after each. */
  histories(transactions: readonly Transaction[]): Promise<Snapshot['timelines']>;
}

/** Histories that can be filled again. */
export interface RebuildHistory extends HistoryStore {
  /** Puts those of the transactions that a history lacks where they would be had they arrived in order. @returns how many records were missing */
  restore(transactions: readonly Transaction[]): Promise<number>;
}

export interface RebuildDependencies extends JudgingDependencies {
  store: RebuildStore;
  history: RebuildHistory;
}

export interface RebuildResult {
  /** The generation of the histories, a new one where anything was done. */
  generation: number;
  /** Records that were missing from histories. */
  restored: number;
  /** Verdicts given again: on less than 24 hours before, or without what arrived behind them meanwhile. */
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
 *
 * @param latenessMs how far behind the newest a transaction may be and find its whole 24 hours in the histories, milliseconds
 * @throws when the histories are lost again meanwhile; rebuild once more
 */
export async function rebuild(dependencies: RebuildDependencies, latenessMs: number): Promise<RebuildResult> {
  const { store, history } = dependencies;
  let restored = 0;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { generation } = await history.read([]);
    const needed = (await store.newest()) - latenessMs - WINDOW_MS;
    const judgedOnTooLittle = store.incompletelyJudged()[Symbol.asyncIterator]();
    const nothingToJudge = (await judgedOnTooLittle.next()).done === true;
    if (generation.completeAfter <= needed && nothingToJudge)
      return { generation: generation.number, restored, judgedAgain: 0 };
    for await (const transactions of store.between(needed, generation.completeAfter))
      restored += await history.restore(transactions);
    const { generation: next, begun } = await store.complete(generation, needed);
    await history.advance(generation, next);
    if (!begun) continue;
    let judgedAgain = 0;
    for await (const portion of store.incompletelyJudged())
      judgedAgain += await judgeAgain(portion, next.number, dependencies);
    return { generation: next.number, restored, judgedAgain };
  }
  throw new Error(`the histories were lost ${ATTEMPTS} times while they were filled; rebuild once more`);
}

/**
 * Judges transactions again, and those that they arrived behind, on permanent storage, which knows all that the cache does and
 * what it has forgotten. The cache is asked first: what it knew then, permanent storage knows, so a judgement by what arrives
 * in the meantime has a higher position.
 */
async function judgeAgain(
  portion: readonly { transaction: Transaction; late: boolean }[],
  number: number,
  dependencies: RebuildDependencies,
): Promise<number> {
  const { store, history } = dependencies;
  const read = async (transactions: readonly Transaction[]): Promise<Snapshot> => {
    const cached = await history.read(transactions);
    if (cached.generation.number !== number)
      throw new Error('the histories were lost again while verdicts were given again; rebuild once more');
    const timelines = await store.histories(transactions);
    return {
      generation: { number, completeAfter: Number.NEGATIVE_INFINITY },
      timelines,
      places: placesIn(timelines, transactions),
      cached,
    };
  };
  const transactions = portion.map(({ transaction }) => transaction);
  const late = new Set(portion.filter((judged) => judged.late).map(({ transaction }) => transaction.transactionId));
  const judging = new Judging({ ...dependencies, history: { read } });
  const snapshot = await read(transactions);
  const own = await judging.judge(transactions, snapshot, () => `rebuild/${number}`);
  const revised = await judging.judgeOvertaken(transactions, snapshot);
  const judgements = [
    ...own.judgements.map((judgement) => ({ ...judgement, late: late.has(judgement.transaction.transactionId) })),
    ...revised.judgements,
  ];
  await store.record(judgements, [...own.shadow, ...revised.shadow], number);
  return judgements.length;
}
