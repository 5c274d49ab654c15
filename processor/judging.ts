import {
  coverageOf,
  factsOf,
  type Generation,
  type HistoryStore,
  isWhole,
  placeOf,
  positionOf,
  type Snapshot,
} from './history/history';
import { refOf } from './history/record';
import { RefMap } from './history/ref-map';
import type { Policy } from './policy/policy';
import type { RuleSet } from './rules/rule-set';
import type { Judgement, TransactionStore } from './store/store';
import type { Facts, Transaction, TransactionRef, Verdict } from './types';

export interface JudgingDependencies {
  store: Pick<TransactionStore, 'load'>;
  history: Pick<HistoryStore, 'read'>;
  policy: Policy;
  judge(transaction: Transaction, facts: Facts, ruleSet: RuleSet): Verdict;
}

/** Judgements by one generation of the histories. */
export interface Judged {
  generation: Generation;
  judgements: Judgement[];
  /** Those of the shadow rule sets, which never act. */
  shadow: Judgement[];
}

/** Judges transactions on what their histories held at one moment, whose ids it looks up where a verdict depends on them. */
export class Judging {
  /** The transactions that histories name and that had to be known; undefined for one that is not stored. */
  private readonly known = new RefMap<Transaction | undefined>();
  private unknown: TransactionRef[] = [];

  constructor(private readonly dependencies: JudgingDependencies) {}

  /**
   * Judges by the active and by the shadow rule sets.
   *
   * @param triggeredBy what led to the judgement of a transaction
   */
  async judge(
    transactions: Iterable<Transaction>,
    snapshot: Snapshot,
    triggeredBy: (transaction: Transaction) => string,
  ): Promise<Judged> {
    const { policy, judge } = this.dependencies;
    const judged: Judged = { generation: snapshot.generation, judgements: [], shadow: [] };
    for (const [transaction, { ref }] of snapshot.places) this.known.set(ref, transaction);
    await this.withKnownIds(transactions, (transaction) => {
      const place = placeOf(snapshot, transaction);
      const { ref, timelines } = place;
      const cached = snapshot.cached === undefined ? place : placeOf(snapshot.cached, transaction);
      const facts = factsOf(place, policy.lists.hitsOf(transaction), this.idOf);
      const common = {
        transaction,
        position: positionOf(snapshot.generation, cached.timelines),
        triggeredBy: triggeredBy(transaction),
        late: timelines.some((timeline) => timeline.isLate(ref)),
        coverageSeconds: coverageOf(snapshot.generation, timelines, transaction),
        listsVersion: policy.lists.version,
      };
      const judgementBy = (ruleSet: RuleSet): Judgement => ({
        ...common,
        verdict: judge(transaction, facts, ruleSet),
        ruleSetVersion: ruleSet.version,
      });
      const active = judgementBy(policy.active);
      const shadow = policy.shadows.map(judgementBy);
      return () => {
        judged.judgements.push(active);
        judged.shadow.push(...shadow);
      };
    });
    return judged;
  }

  /**
   * Judges again the transactions that `arrivals` arrived behind and whose histories are whole: a verdict is never replaced by
   * one that rests on less.
   *
   * @param snapshot the histories of the arrivals
   */
  async judgeOvertaken(arrivals: Iterable<Transaction>, snapshot: Snapshot): Promise<Judged> {
    const overtaken = await this.overtakenBy(arrivals, snapshot);
    if (overtaken.refs.length === 0) return { generation: snapshot.generation, judgements: [], shadow: [] };
    await this.load(overtaken.refs);
    const affected = overtaken.refs.flatMap((ref) => this.known.get(ref) ?? []);
    const current = await this.dependencies.history.read(affected);
    const judgeable = affected.filter((transaction) => isWhole(current, transaction));
    return this.judge(
      judgeable,
      current,
      (transaction) => overtaken.by.get(placeOf(current, transaction).ref) as string,
    );
  }

  /** Transactions outside `arrivals` that one of them arrived behind, and the last such one of each. */
  private async overtakenBy(arrivals: Iterable<Transaction>, snapshot: Snapshot) {
    const own = new RefMap<true>();
    for (const transaction of arrivals) own.set(placeOf(snapshot, transaction).ref, true);
    const refs: TransactionRef[] = [];
    const by = new RefMap<string>();
    await this.withKnownIds(arrivals, (transaction) => {
      const { ref, timelines } = placeOf(snapshot, transaction);
      const later = timelines.map((timeline) => timeline.after(ref, this.idOf));
      return () => {
        for (const ref of later.flat()) {
          if (own.has(ref)) continue;
          if (!by.has(ref)) refs.push(ref);
          by.set(ref, transaction.transactionId);
        }
      };
    });
    return { refs, by };
  }

  /**
   * Does `work` for each transaction, and once more with the ids that it turned out to need. What it returns is called when it
   * needed none that are unknown.
   */
  private async withKnownIds(
    transactions: Iterable<Transaction>,
    work: (transaction: Transaction) => () => void,
  ): Promise<void> {
    let pending = [...transactions];
    while (pending.length > 0) {
      const again: Transaction[] = [];
      const wanted: TransactionRef[] = [];
      for (const transaction of pending) {
        this.unknown = [];
        const finish = work(transaction);
        if (this.unknown.length === 0) finish();
        else {
          again.push(transaction);
          wanted.push(...this.unknown);
        }
      }
      if (wanted.length > 0) await this.load(wanted);
      pending = again;
    }
  }

  private readonly idOf = (ref: TransactionRef): string => {
    if (!this.known.has(ref)) this.unknown.push(ref);
    return this.known.get(ref)?.transactionId ?? '';
  };

  private async load(refs: readonly TransactionRef[]): Promise<void> {
    const wanted = refs.filter((ref) => !this.known.has(ref));
    if (wanted.length === 0) return;
    const transactions = await this.dependencies.store.load(wanted);
    for (const ref of wanted) this.known.set(ref, undefined);
    for (const transaction of transactions) this.known.set(refOf(transaction), transaction);
  }
}
