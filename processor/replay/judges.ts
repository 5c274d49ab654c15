import { isDeepStrictEqual } from 'node:util';
import { reasonsBy, rules, verdictOf } from '../rules';
import type { RuleSet } from '../rules/rule-set';
import type { Facts, Reason, Transaction, Verdict } from '../types';
import type { Side } from './report';

const ORDER = new Map<string, number>(rules.map(({ name }, i) => [name, i]));

/**
 * Judges by two rule sets, as `judge` does by each. A candidate mostly differs in a few rules: those that are the same in both
 * are asked once.
 */
export function judgeBoth({ baseline, candidate }: Record<Side, RuleSet>) {
  const isShared = (name: keyof RuleSet['rules']) => isDeepStrictEqual(baseline.rules[name], candidate.rules[name]);
  const shared = only(baseline, isShared);
  const own = {
    baseline: only(baseline, (name) => !isShared(name)),
    candidate: only(candidate, (name) => !isShared(name)),
  };
  return (transaction: Transaction, facts: Facts): Record<Side, Verdict> => {
    const reasons = reasonsBy(shared, transaction, facts);
    const of = (side: Side) => inOrder(reasons, reasonsBy(own[side], transaction, facts));
    return {
      baseline: verdictOf(of('baseline'), baseline.cutoffs),
      candidate: verdictOf(of('candidate'), candidate.cutoffs),
    };
  };
}

/** The settings of a rule set with some of its rules disabled. */
function only({ rules: settings }: RuleSet, isWanted: (name: keyof RuleSet['rules']) => boolean): RuleSet['rules'] {
  const wanted = rules.map(({ name }) => [
    name,
    isWanted(name) ? settings[name] : { ...settings[name], enabled: false },
  ]);
  return Object.fromEntries(wanted);
}

function inOrder(some: Reason[], others: Reason[]): Reason[] {
  if (some.length === 0) return others;
  return [...some, ...others].sort((a, b) => (ORDER.get(a.rule) as number) - (ORDER.get(b.rule) as number));
}
