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

/** Which rules judge, by which figures: a version of the data that a verdict names. */
export interface RuleSet {
  /** 1 to 64 of `A-Z a-z 0-9 . _ -`. */
  version: string;
  /** Scores from which a transaction is reviewed or blocked: 1 <= review < block <= 100. */
  cutoffs: { review: number; block: number };
  /** Every rule by its name. */
  rules: { [R in AnyRule as R['name']]: Setting & z.output<z.ZodObject<R['parameters']>> };
}

/** A text that is no rule set, with every problem found. */
export class RuleSetError extends Error {
  override readonly name = 'RuleSetError';

  /** @param problems each names the place, what was found there, and what to set. */
  constructor(readonly problems: readonly string[]) {
    super(`The rule set is not valid:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
  }
}

const versionError = 'set 1 to 64 of the characters A-Z a-z 0-9 . _ -';

const setting = {
  enabled: z.boolean({ error: 'set true or false' }),
  weight: whole(0, 100),
};

const schema = exactly({
  version: z.string({ error: versionError }).refine((text) => /^[A-Za-z0-9._-]{1,64}$/.test(text), {
    error: versionError,
  }),
  cutoffs: exactly({ review: whole(1, 99), block: whole(2, 100) }).refine(({ review, block }) => review < block, {
    error: 'set review below block',
  }),
  rules: exactly(
    Object.fromEntries(rules.map(({ name, parameters }) => [name, exactly({ ...setting, ...parameters })])),
  ),
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
  const result = schema.safeParse(value);
  if (!result.success) throw new RuleSetError(problemsOf('rule set', value, result.error));
  return result.data as RuleSet;
}
