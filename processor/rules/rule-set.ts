import * as z from 'zod';
import { problemsOf, shapeOf } from '../problems';
import { rules } from './index';
import { exactly, whole } from './parameters';

type AnyRule = (typeof rules)[number];

/** What a rule set says about every rule. */
interface Setting {
  /** Whether the rule is evaluated at all. */
  enabled: boolean;
  /** What the rule adds to the score when it fires, 0 to 100; with 0 it is reported and nothing else. */
  weight: number;
}

/** What a confirmed fraud puts on the watch list. */
export const WATCHED_KINDS = ['token', 'device', 'merchant'] as const;
export type WatchedKind = (typeof WATCHED_KINDS)[number];

/** When confirmed frauds put one of a kind on the watch list. */
interface Watch {
  enabled: boolean;
  /** Transactions confirmed as fraud within `days` from which on it is watched, 1 to 1,000. */
  count: number;
  /** For how long they count, and for how long it is watched after the last of them, 1 to 3,650 days. */
  days: number;
}

/** Which rules judge, by which figures: a version of the data that a verdict names. */
export interface RuleSet {
  /** 1 to 64 of `A-Z a-z 0-9 . _ -`. */
  version: string;
  /** Scores from which a transaction is reviewed or blocked: 1 <= review < block <= 100. */
  cutoffs: { review: number; block: number };
  watch: Record<WatchedKind, Watch>;
  /** Every rule by its name. */
  rules: { [R in AnyRule as R['name']]: Setting & z.output<z.ZodObject<R['parameters']>> };
}

/** What is no rule set, with every problem found. */
export class RuleSetError extends Error {
  override readonly name = 'RuleSetError';

  /** @param problems each names the place, what was found there, and what to set. */
  constructor(readonly problems: readonly string[]) {
    super(`The rule set is not valid:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
  }
}

const versionError = 'set 1 to 64 of the characters A-Z a-z 0-9 . _ -';

/** The version of a rule set. */
export const ruleSetVersion = z.string(versionError).regex(/^[A-Za-z0-9._-]{1,64}$/, versionError);

const enabled = z.boolean({ error: 'set true or false' });
const watched = exactly({ enabled, count: whole(1, 1000), days: whole(1, 3650, 'days') });
const watch = exactly(Object.fromEntries(WATCHED_KINDS.map((kind) => [kind, watched])));
const settings = Object.fromEntries(
  rules.map(({ name, parameters }) => [name, exactly({ enabled, weight: whole(0, 100), ...parameters })]),
);

const schema = exactly({
  version: ruleSetVersion,
  cutoffs: exactly({ review: whole(1, 99), block: whole(2, 100) }).refine(({ review, block }) => review < block, {
    error: 'set review below block',
  }),
  watch,
  rules: exactly(settings),
});

const OFF = { enabled: false };

/** A rule set may have been stored before a rule existed: it is off in it. */
const storedSchema = exactly({
  ...schema.shape,
  watch: watch.default(Object.fromEntries(WATCHED_KINDS.map((kind) => [kind, { ...OFF, count: 1, days: 1 }]))),
  rules: exactly(Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, setting.optional()]))),
});

/**
 * Reads a rule set from the text of its file.
 * @throws {RuleSetError} when the text is not JSON, or anything in it is missing, unknown or out of bounds.
 */
export function parseRuleSet(text: string): RuleSet {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RuleSetError([
      `rule set: found ${shapeOf(text)} that is not JSON (${(error as Error).message}); write one JSON object`,
    ]);
  }
  return checked(schema, value);
}

/**
 * Reads a rule set from `tap.rule_sets`. What it says nothing about, since it did not exist then, is off.
 * @throws {RuleSetError} when anything in it is unknown or out of bounds
 */
export function storedRuleSet(content: unknown): RuleSet {
  const ruleSet = checked(storedSchema, content);
  const missing = rules.filter(({ name }) => ruleSet.rules[name] === undefined);
  return { ...ruleSet, rules: { ...ruleSet.rules, ...Object.fromEntries(missing.map(({ name }) => [name, OFF])) } };
}

function checked(schema: z.ZodType, value: unknown): RuleSet {
  const result = schema.safeParse(value);
  if (!result.success) throw new RuleSetError(problemsOf('rule set', value, result.error));
  return result.data as RuleSet;
}
