import { isDeepStrictEqual } from 'node:util';
import type { Reason, Verdict } from '../types';

/** One place where two verdicts differ; null where one of them has nothing there. */
export interface Difference {
  /** `decision`, `score`, `reasons.<rule>` where only one names the rule, `reasons.<rule>.<figure>` where both do. */
  path: string;
  one: unknown;
  other: unknown;
}

/** Where two verdicts differ; nothing where they are identical. */
export function differencesOf(one: Verdict, other: Verdict): Difference[] {
  const rules = new Set([...one.reasons, ...other.reasons].map(({ rule }) => rule));
  return [
    ...difference('decision', one.decision, other.decision),
    ...difference('score', one.score, other.score),
    ...[...rules].flatMap((rule) => reasonDifferences(rule, reasonOf(one, rule), reasonOf(other, rule))),
  ];
}

function reasonOf({ reasons }: Verdict, rule: string): Reason | undefined {
  return reasons.find((reason) => reason.rule === rule);
}

function reasonDifferences(rule: string, one: Reason | undefined, other: Reason | undefined): Difference[] {
  const path = `reasons.${rule}`;
  if (one === undefined || other === undefined) return difference(path, one, other);
  const figures = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...figures].flatMap((figure) => difference(`${path}.${figure}`, one[figure], other[figure]));
}

function difference(path: string, one: unknown, other: unknown): Difference[] {
  return isDeepStrictEqual(one, other) ? [] : [{ path, one: one ?? null, other: other ?? null }];
}
