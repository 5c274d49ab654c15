import { readFileSync } from 'node:fs';
import { parseRuleSet, type RuleSet } from '../../../../processor/rules/rule-set';

const DEFAULT = JSON.parse(readFileSync('processor/rules/rule-set.json', 'utf8'));

/** The default rule set with `rules` alone, under another version. */
export function ruleSetOf(version: string, rules: Record<string, object>): RuleSet {
  const settings = Object.entries<object>(DEFAULT.rules).map(([name, setting]) => [
    name,
    { ...setting, enabled: Object.hasOwn(rules, name), ...rules[name] },
  ]);
  return parseRuleSet(JSON.stringify({ ...DEFAULT, version, rules: Object.fromEntries(settings) }));
}
