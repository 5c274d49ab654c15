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
  const reasons: Reason[] = [];
  let sum = 0;
  for (const rule of rules) {
    const parameters = ruleSet.rules[rule.name];
    if (!parameters.enabled) continue;
    const evidence = (rule as Evaluation).evaluate(transaction, facts, parameters);
    if (evidence === undefined) continue;
    reasons.push({ rule: rule.name, weight: parameters.weight, ...evidence });
    sum += parameters.weight;
  }
  const score = Math.min(100, sum);
  return { decision: isVouchedFor(reasons) ? 'allow' : decide(score, ruleSet.cutoffs), score, reasons };
}

/** Whether the allow list names something of the transaction, and the block list nothing. */
function isVouchedFor(reasons: readonly Reason[]): boolean {
  const fired = (name: string) => reasons.some(({ rule }) => rule === name);
  return fired(allowList.name) && !fired(blockList.name);
}

function decide(score: number, { review, block }: RuleSet['cutoffs']): Decision {
  if (score >= block) return 'block';
  return score >= review ? 'review' : 'allow';
}
