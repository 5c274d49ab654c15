import type { Decision, Facts, Reason, Transaction, Verdict } from '../types';
import { amountAgainstHistory } from './amount-against-history';
import { addressCardTesting, customerCardTesting, deviceCardTesting } from './card-testing';
import { countryMismatch } from './country-mismatch';
import { customerAmount } from './customer-amount';
import { duplicateOrder } from './duplicate-order';
import { impossibleTravel } from './impossible-travel';
import { largeAmount } from './large-amount';
import { allowList, blockList, watchList } from './listed';
import { newAccountAmount } from './new-account-amount';
import type { Evidence } from './rule';
import type { RuleSet } from './rule-set';
import { addressCustomers, addressTokens, deviceCustomers, deviceTokens } from './shared-use';
import { tokenDeclines } from './token-declines';
import { customerVelocity, tokenVelocity } from './velocity';

/** Every rule, in the order of rule sets and of the reasons of a verdict. */
export const rules = [
  blockList,
  watchList,
  allowList,
  tokenVelocity,
  customerVelocity,
  customerAmount,
  amountAgainstHistory,
  largeAmount,
  tokenDeclines,
  customerCardTesting,
  deviceCardTesting,
  addressCardTesting,
  deviceTokens,
  deviceCustomers,
  addressTokens,
  addressCustomers,
  duplicateOrder,
  impossibleTravel,
  countryMismatch,
  newAccountAmount,
] as const;

/** A rule whose parameters are matched by name: `parseRuleSet` has checked them against its own schema. */
interface Evaluation {
  evaluate(transaction: Transaction, facts: Facts, parameters: unknown): Evidence | undefined;
}

/** Judges `transaction` on its facts by `ruleSet`. Pure, and neither argument is changed. */
export function judge(transaction: Transaction, facts: Facts, ruleSet: RuleSet): Verdict {
  return verdictOf(reasonsBy(ruleSet.rules, transaction, facts), ruleSet.cutoffs);
}

/** Why the rules that are enabled fire on `transaction`, in their order. */
export function reasonsBy(settings: RuleSet['rules'], transaction: Transaction, facts: Facts): Reason[] {
  const reasons: Reason[] = [];
  for (const rule of rules) {
    const parameters = settings[rule.name];
    if (!parameters.enabled) continue;
    const evidence = (rule as Evaluation).evaluate(transaction, facts, parameters);
    if (evidence !== undefined) reasons.push({ rule: rule.name, weight: parameters.weight, ...evidence });
  }
  return reasons;
}

/** What follows from the reasons of all rules. */
export function verdictOf(reasons: Reason[], cutoffs: RuleSet['cutoffs']): Verdict {
  const sum = reasons.reduce((total, { weight }) => total + weight, 0);
  const score = Math.min(100, sum);
  return { decision: isVouchedFor(reasons) ? 'allow' : decide(score, cutoffs), score, reasons };
}

/** Whether the allow list names something of the transaction, and the block list nothing. */
function isVouchedFor(reasons: readonly Reason[]): boolean {
  return fires(allowList.name, reasons) && !fires(blockList.name, reasons);
}

function fires(name: string, reasons: readonly Reason[]): boolean {
  return reasons.some(({ rule }) => rule === name);
}

function decide(score: number, { review, block }: RuleSet['cutoffs']): Decision {
  if (score >= block) return 'block';
  return score >= review ? 'review' : 'allow';
}
