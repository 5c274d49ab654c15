import type * as z from 'zod';
import type { Facts, HistoryRecord, Transaction } from '../types';

/** The figures a reason rests on: integers, or numbers rounded to the precision `docs/rules.md` states. */
export type Evidence = Record<string, string | number>;

/**
 * One question about a transaction. A rule is pure: the same transaction, facts and parameters give the same answer.
 * It fires when the observed figure is above its limit.
 */
export interface Rule<Name extends string = string, Parameters extends z.ZodRawShape = z.ZodRawShape> {
  /** Name in rule sets and in reasons. */
  readonly name: Name;
  /** What it observes, and whether the transaction itself counts. */
  readonly description: string;
  /** Where the default threshold was published, or "ours" with the reason. */
  readonly source: string;
  /** Unit of the observed figure and of its limit. */
  readonly unit: string;
  /** What a rule set says about it beyond `enabled` and `weight`. */
  readonly parameters: Parameters;
  /** The evidence when the rule fires, otherwise nothing. */
  evaluate(transaction: Transaction, facts: Facts, parameters: z.output<z.ZodObject<Parameters>>): Evidence | undefined;
}

/** A rule, with the types of its name and parameters inferred. */
export function defineRule<const Name extends string, Parameters extends z.ZodRawShape>(
  rule: Rule<Name, Parameters>,
): Rule<Name, Parameters> {
  return rule;
}

/** Of `records`, ascending by event time and none after `end`, those within the `minutes` up to and including `end`. */
export function inWindow<R extends HistoryRecord>(records: readonly R[], end: number, minutes: number): readonly R[] {
  const start = end - minutes * 60_000;
  const oldest = records[0];
  if (oldest === undefined || oldest.occurredAt > start) return records;
  let first = records.length;
  while ((records[first - 1] as R).occurredAt > start) first--;
  return records.slice(first);
}
