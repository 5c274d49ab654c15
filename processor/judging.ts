import {
  coverageOf,
  factsOf,
  type Generation,
  type HistoryStore,
  isWhole,
  positionOf,
  refOf,
  type Snapshot,
  timelinesOf,
} from './history/history';
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
  /** By `keyOf`: the transactions that histories name and that had to be known, `undefined` for one that is not stored. */
  private readonly known = new Map<string, Transaction | undefined>();
  private unknown: TransactionRef[] = [];

  /** @param transactions known from the start */
  constructor(
    private readonly dependencies: JudgingDependencies,
    transactions: Iterable<Transaction>,
  ) {
    for (const transaction of transactions) this.known.set(keyOf(refOf(transaction)), transaction);
  }

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
    await this.withKnownIds(transactions, (transaction) => {
      const facts = factsOf(snapshot, transaction, policy.lists.hitsOf(transaction), this.idOf);
      const judgementBy = (ruleSet: RuleSet): Judgement => ({
        transaction,
        verdict: judge(transaction, facts, ruleSet),
        position: positionOf(snapshot, transaction),
        triggeredBy: triggeredBy(transaction),
        late: timelinesOf(snapshot, transaction).some((timeline) => timeline.isLate(refOf(transaction))),
        coverageSeconds: coverageOf(snapshot, transaction),
        ruleSetVersion: ruleSet.version,
        listsVersion: policy.lists.version,
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
    if (overtaken.size === 0) return { generation: snapshot.generation, judgements: [], shadow: [] };
    await this.load([...overtaken.values()].map(({ ref }) => ref));
    const affected = [...overtaken.keys()].flatMap((key) => this.known.get(key) ?? []);
    const current = await this.dependencies.history.read(affected);
    const judgeable = affected.filter((transaction) => isWhole(current, transaction));
    return this.judge(judgeable, current, (transaction) => overtaken.get(keyOf(refOf(transaction)))?.by as string);
  }

  /** Transactions outside `arrivals` that one of them arrived behind, with the last such one. */
  private async overtakenBy(arrivals: Iterable<Transaction>, snapshot: Snapshot) {
    const own = new Set([...arrivals].map((transaction) => keyOf(refOf(transaction))));
    const overtaken = new Map<string, { ref: TransactionRef; by: string }>();
    await this.withKnownIds(arrivals, (transaction) => {
      const later = timelinesOf(snapshot, transaction).flatMap((timeline) => timeline.after(transaction, this.idOf));
      return () => {
        for (const ref of later) {
          const key = keyOf(ref);
          if (!own.has(key)) overtaken.set(key, { ref, by: transaction.transactionId });
        }
      };
    });
    return overtaken;
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
    const key = keyOf(ref);
    if (!this.known.has(key)) this.unknown.push(ref);
    return this.known.get(key)?.transactionId ?? '';
  };

  private async load(refs: readonly TransactionRef[]): Promise<void> {
    const wanted = new Map(refs.map((ref) => [keyOf(ref), ref]));
    for (const key of wanted.keys()) if (this.known.has(key)) wanted.delete(key);
    if (wanted.size === 0) return;
    for (const key of wanted.keys()) this.known.set(key, undefined);
    for (const transaction of await this.dependencies.store.load([...wanted.values()]))
      this.known.set(keyOf(refOf(transaction)), transaction);
  }
}

function keyOf({ occurredAt, print }: TransactionRef): string {
  return `${occurredAt}:${print}`;
}
