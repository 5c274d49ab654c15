import { judge, rules } from '../../../../processor/rules';
import type { RuleSet } from '../../../../processor/rules/rule-set';
import type { ListHit } from '../../../../processor/types';
import { fired } from './fired';
import { defaultRuleSet, facts, NOW, ofCustomer, ofToken, series, transaction } from './given';

/** The default rule set with other weights, cut-offs or rules turned off. */
function changed(change: (ruleSet: RuleSet) => void): RuleSet {
  const copy = structuredClone(defaultRuleSet);
  change(copy);
  return copy;
}

describe('judge', () => {
  test('allows an ordinary payment with nothing to say', () => {
    expect(judge(transaction(), facts(), defaultRuleSet)).toEqual({ decision: 'allow', score: 0, reasons: [] });
  });

  describe.each(rules.map(({ name }) => name))('%s', (name) => {
    const judged = transaction(fired[name].transaction);
    const given = facts(fired[name].facts);

    test('alone, at its default figures', () => {
      const { weight } = defaultRuleSet.rules[name];
      const alone = changed((ruleSet) => {
        for (const rule of rules) ruleSet.rules[rule.name].enabled = rule.name === name;
      });
      expect(judge(judged, given, alone)).toEqual({
        decision: { 0: 'allow', 20: 'allow', 40: 'review', 90: 'block' }[weight],
        score: weight,
        reasons: [{ rule: name, weight, ...fired[name].evidence }],
      });
    });

    test('is silent when it is off', () => {
      const off = changed((ruleSet) => {
        ruleSet.rules[name].enabled = false;
      });
      const all = judge(judged, given, defaultRuleSet).reasons;
      expect(judge(judged, given, off).reasons).toEqual(all.filter(({ rule }) => rule !== name));
    });
  });

  describe('the allow list', () => {
    const hit = (list: ListHit['list']): ListHit => ({ list, of: 'customer', entry: 1, reason: 'known' });
    const reasonOf = (list: string, weight: number) => ({
      rule: `${list}-list`,
      weight,
      observed: 1,
      limit: 0,
      customer: '1: known',
    });
    const large = transaction(fired['large-amount'].transaction);
    const reason = { rule: 'large-amount', weight: 40, ...fired['large-amount'].evidence };

    test('makes the decision allow, and leaves the score and the reasons as they are', () => {
      const given = facts({ listHits: [hit('watch'), hit('allow')] });
      expect(judge(large, given, defaultRuleSet)).toEqual({
        decision: 'allow',
        score: 80,
        reasons: [reasonOf('watch', 40), reasonOf('allow', 0), reason],
      });
    });

    test('gives way to the block list', () => {
      const given = facts({ listHits: [hit('allow'), hit('block')] });
      expect(judge(large, given, defaultRuleSet)).toEqual({
        decision: 'block',
        score: 100,
        reasons: [reasonOf('block', 90), reasonOf('allow', 0), reason],
      });
    });

    test('decides nothing when it is off, nor does a block list that is off', () => {
      const given = facts({ listHits: [hit('allow'), hit('block')] });
      const without = (name: 'allow-list' | 'block-list') =>
        changed((ruleSet) => {
          ruleSet.rules[name].enabled = false;
        });
      expect(judge(large, given, without('allow-list'))).toMatchObject({ decision: 'block', score: 100 });
      expect(judge(large, given, without('block-list'))).toMatchObject({ decision: 'allow', score: 40 });
    });
  });

  test('two weak signs make a review, in the order of the rules', () => {
    const both = transaction(fired['country-mismatch'].transaction);
    const verdict = judge(both, facts(fired['address-tokens'].facts), defaultRuleSet);
    expect(verdict).toMatchObject({ decision: 'review', score: 40 });
    expect(verdict.reasons.map(({ rule }) => rule)).toEqual(['address-tokens', 'country-mismatch']);
  });

  test('a burst on one token of one customer is one sign seen twice: review', () => {
    const burst = facts({
      customer: series(5, (ago, index) => ofCustomer(ago, { amount: 4000 + index })),
      token: series(5, (ago) => ofToken(ago)),
    });
    expect(judge(transaction(), burst, defaultRuleSet)).toMatchObject({ decision: 'review', score: 80 });
    const abroad = transaction(fired['country-mismatch'].transaction);
    expect(judge(abroad, burst, defaultRuleSet)).toMatchObject({ decision: 'block', score: 100 });
  });

  test('the score stops at 100', () => {
    const large = transaction({ amount: 600_000, accountCreatedAt: NOW });
    expect(judge(large, facts(), defaultRuleSet)).toMatchObject({
      decision: 'block',
      score: 100,
      reasons: [
        { rule: 'customer-amount', weight: 40 },
        { rule: 'large-amount', weight: 40 },
        { rule: 'new-account-amount', weight: 40 },
      ],
    });
  });

  test.each([
    [29, 'allow'],
    [30, 'review'],
    [31, 'review'],
    [69, 'review'],
    [70, 'block'],
    [100, 'block'],
  ])('a score of %d between the cut-offs 30 and 70 is %s', (weight, decision) => {
    const ruleSet = changed(({ cutoffs, rules }) => {
      cutoffs.review = 30;
      cutoffs.block = 70;
      rules['country-mismatch'].weight = weight;
    });
    const judged = transaction(fired['country-mismatch'].transaction);
    expect(judge(judged, facts(), ruleSet)).toMatchObject({ decision, score: weight });
  });

  test('a rule of weight 0 is reported and decides nothing', () => {
    const ruleSet = changed(({ rules }) => {
      rules['large-amount'].weight = 0;
    });
    const judged = transaction(fired['large-amount'].transaction);
    expect(judge(judged, facts(), ruleSet)).toEqual({
      decision: 'allow',
      score: 0,
      reasons: [{ rule: 'large-amount', weight: 0, ...fired['large-amount'].evidence }],
    });
  });

  test('another currency is judged by everything but amounts', () => {
    const dollars = transaction({ ...fired['country-mismatch'].transaction, amount: 10 ** 12, currency: 'USD' });
    expect(judge(dollars, facts(), defaultRuleSet).reasons.map(({ rule }) => rule)).toEqual(['country-mismatch']);
  });
});
