import { coverageText } from '../../../../processor/operations/coverage';
import { differencesOf } from '../../../../processor/operations/differences';
import type { Verdict } from '../../../../processor/types';

const verdict = (decision: Verdict['decision'], score: number, ...reasons: Verdict['reasons']): Verdict => ({
  decision,
  score,
  reasons,
});
const velocity = { rule: 'token-velocity', weight: 40, observed: 6 };
const large = { rule: 'large-amount', weight: 30, observed: 1 };

test('identical verdicts have no differences, whatever the order of figures', () => {
  const reordered = { observed: 6, rule: 'token-velocity', weight: 40 };
  expect(differencesOf(verdict('review', 40, velocity), verdict('review', 40, reordered))).toEqual([]);
});

test('each place where verdicts differ is named, with what both have there', () => {
  const changed = { rule: 'token-velocity', weight: 40, observed: 7, sameAs: 'order' };
  expect(differencesOf(verdict('review', 40, velocity), verdict('block', 70, changed, large))).toEqual([
    { path: 'decision', one: 'review', other: 'block' },
    { path: 'score', one: 40, other: 70 },
    { path: 'reasons.token-velocity.observed', one: 6, other: 7 },
    { path: 'reasons.token-velocity.sameAs', one: null, other: 'order' },
    { path: 'reasons.large-amount', one: null, other: large },
  ]);
  expect(differencesOf(verdict('allow', 30, large), verdict('allow', 0))).toEqual([
    { path: 'score', one: 30, other: 0 },
    { path: 'reasons.large-amount', one: large, other: null },
  ]);
});

test.each([
  [86_400, 'history 24 of 24 h'],
  [86_399, 'history 23.9 of 24 h'],
  [19_800, 'history 5.5 of 24 h'],
  [359, 'history 0 of 24 h'],
])('%d s are %s', (seconds, text) => {
  expect(coverageText(seconds)).toBe(text);
});
