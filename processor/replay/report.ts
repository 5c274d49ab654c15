import { fingerprint } from '../fingerprint';
import type { Decision, Transaction, Verdict } from '../types';

/** What analysts found out about a transaction. */
export type Disposition = 'confirmed-fraud' | 'false-positive' | 'unclear';

/** The two rule sets: the one in force, or another to compare with, and the one that is tried out. */
export type Side = 'baseline' | 'candidate';

/** A figure for each rule set, and for the alerts that the candidate alone (gained) or the baseline alone (lost) raises. */
export type Change<Figure = number> = Record<Side | 'gained' | 'lost', Figure>;

/** A transaction on which the rule sets decide differently. */
export interface Example extends Record<Side, Verdict> {
  transactionId: string;
  /** Event time, ISO 8601, UTC. */
  occurredAt: string;
  /** In the currency's minor unit. */
  amount: number;
  currency: string;
  customerId: string;
  paymentToken: string;
  deviceId: string | null;
  ipAddress: string | null;
}

/** The versions of two rule sets, and the span of event time they were compared over, ISO 8601, UTC: `from` is part of it, `to` is not. */
export interface Comparison extends Record<Side, string> {
  from: string;
  to: string;
}

/**
 * What a candidate changes. An alert is a decision to review or to block, and every number is one of transactions in the
 * span. A report is safe for JSON, and reports of adjacent spans can be merged.
 */
export interface Report extends Comparison {
  transactions: number;
  /** Judged on less than 24 hours, since nothing is known of what happened before the first of all. */
  partial: number;
  /** By the baseline's decision, then by the candidate's. */
  decisions: Record<Decision, Record<Decision, number>>;
  /** By rule: how often it fires, and on how many alerts gained and lost it does. An alert may have several rules. */
  rules: Record<string, Change>;
  /** By day in Japan (Asia/Tokyo, YYYY-MM-DD): alerts, and transactions in all. */
  days: Record<string, Change & { transactions: number }>;
  /** By currency: sum of the amounts of alerts in its minor unit, an integer in decimal digits. */
  amounts: Record<string, Change<string>>;
  /** By what analysts found: transactions in all, and those on which a rule set raises an alert. */
  dispositions: Record<Disposition, Record<Side | 'total', number>>;
  /** Of alerts gained, of alerts lost, and of alerts between review and block: a random choice, the same every time. */
  examples: Record<'gained' | 'lost' | 'changed', Example[]>;
}

/** Most examples of a kind: with their evidence they stay well below the 6 MB that a Lambda function may answer. */
export const MAX_EXAMPLES = 200;

const SIDES = ['baseline', 'candidate'] as const;
const CHANGES = [...SIDES, 'gained', 'lost'] as const;
const DECISIONS = ['allow', 'review', 'block'] as const;

export function emptyReport(comparison: Comparison): Report {
  const decisions = () => ({ allow: 0, review: 0, block: 0 });
  const found = () => ({ total: 0, baseline: 0, candidate: 0 });
  return {
    ...comparison,
    transactions: 0,
    partial: 0,
    decisions: { allow: decisions(), review: decisions(), block: decisions() },
    rules: {},
    days: {},
    amounts: {},
    dispositions: { 'confirmed-fraud': found(), 'false-positive': found(), unclear: found() },
    examples: { gained: [], lost: [], changed: [] },
  };
}

/** What two rule sets make of a transaction. */
export interface Outcome extends Record<Side, Verdict> {
  transaction: Transaction;
  /** Day in Japan, YYYY-MM-DD. */
  day: string;
  disposition: Disposition | undefined;
}

/**
 * Adds a transaction to a report.
 *
 * @param limit how many examples of a kind to keep
 */
export function count(report: Report, outcome: Outcome, limit: number): void {
  const { transaction, day: name, disposition, baseline, candidate } = outcome;
  report.transactions++;
  report.decisions[baseline.decision][candidate.decision]++;
  report.days[name] ??= { transactions: 0, ...nothing() };
  const day = report.days[name];
  day.transactions++;
  const alert = { baseline: baseline.decision !== 'allow', candidate: candidate.decision !== 'allow' };
  if (disposition !== undefined) {
    const found = report.dispositions[disposition];
    found.total++;
    for (const side of SIDES) if (alert[side]) found[side]++;
  }
  if (baseline.reasons.length + candidate.reasons.length === 0) return;

  const change = { ...alert, gained: alert.candidate && !alert.baseline, lost: alert.baseline && !alert.candidate };
  add(day, change);
  const fires = { baseline: rulesOf(baseline), candidate: rulesOf(candidate) };
  for (const rule of new Set([...fires.baseline, ...fires.candidate])) {
    report.rules[rule] ??= nothing();
    const of = { baseline: fires.baseline.includes(rule), candidate: fires.candidate.includes(rule) };
    add(report.rules[rule], { ...of, gained: change.gained && of.candidate, lost: change.lost && of.baseline });
  }
  if (alert.baseline || alert.candidate) {
    const { amount, currency } = transaction;
    report.amounts[currency] ??= { baseline: '0', candidate: '0', gained: '0', lost: '0' };
    addAmount(report.amounts[currency], change, amount);
  }
  if (baseline.decision !== candidate.decision) {
    const kind = change.gained ? 'gained' : change.lost ? 'lost' : 'changed';
    keep(report.examples[kind], outcome, limit);
  }
}

/**
 * The report of two spans of which the second begins where the first ends.
 *
 * @param limit how many examples of a kind to keep
 * @throws when the spans are not adjacent or the rule sets are not the same
 */
export function merge(first: Report, second: Report, limit: number): Report {
  if (first.to !== second.from) throw new Error(`a report up to ${first.to} cannot go on with one from ${second.from}`);
  for (const side of SIDES) {
    if (first[side] !== second[side])
      throw new Error(`the ${side} was ${first[side]} and is now ${second[side]}; name the version of both rule sets`);
  }
  const figuresOf = ({ transactions, partial, decisions, rules, days, amounts, dispositions }: Report) => ({
    transactions,
    partial,
    decisions,
    rules,
    days,
    amounts,
    dispositions,
  });
  const examples = (kind: keyof Report['examples']) =>
    [...first.examples[kind], ...second.examples[kind]].sort(byPrint).slice(0, limit);
  return {
    ...first,
    to: second.to,
    ...sum(figuresOf(first), figuresOf(second)),
    examples: { gained: examples('gained'), lost: examples('lost'), changed: examples('changed') },
  };
}

/** A part of a whole, and the quotient, which is null where there is no whole. */
export interface Share {
  part: number;
  whole: number;
  share: number | null;
}

/**
 * How good a rule set is by what analysts found, leaving out what was unclear: the precision is the share of confirmed fraud
 * in its alerts that were looked into, the recall the share of its alerts in confirmed fraud.
 */
export function quality({ dispositions }: Report, side: Side): { precision: Share; recall: Share } {
  const { 'confirmed-fraud': fraud, 'false-positive': wrong } = dispositions;
  return { precision: shareOf(fraud[side], fraud[side] + wrong[side]), recall: shareOf(fraud[side], fraud.total) };
}

/** Transactions with an alert of one rule set. */
export function alertsOf({ decisions }: Report, side: Side): number {
  return DECISIONS.flatMap((baseline) => DECISIONS.map((candidate) => ({ baseline, candidate })))
    .filter((pair) => pair[side] !== 'allow')
    .reduce((total, { baseline, candidate }) => total + decisions[baseline][candidate], 0);
}

function shareOf(part: number, whole: number): Share {
  return { part, whole, share: whole === 0 ? null : part / whole };
}

function nothing(): Change {
  return { baseline: 0, candidate: 0, gained: 0, lost: 0 };
}

function rulesOf({ reasons }: Verdict): string[] {
  return reasons.map(({ rule }) => rule);
}

function add(to: Change, of: Change<boolean>): void {
  for (const name of CHANGES) if (of[name]) to[name]++;
}

/** An amount fits a number, the sum of a year's does not. */
function addAmount(to: Change<string>, of: Change<boolean>, amount: number): void {
  for (const name of CHANGES) if (of[name]) to[name] = sum(to[name], String(amount));
}

/** Keeps an example among those with the lowest fingerprints, which are in that order. */
function keep(examples: Example[], { transaction, baseline, candidate }: Outcome, limit: number): void {
  const { transactionId, occurredAt, amount, currency, customerId, paymentToken, deviceId, ipAddress } = transaction;
  const last = examples[limit - 1];
  if (limit === 0 || (last !== undefined && byPrint(last, transaction) <= 0)) return;
  examples.push({
    transactionId,
    occurredAt: new Date(occurredAt).toISOString(),
    amount,
    currency,
    customerId,
    paymentToken,
    deviceId: deviceId ?? null,
    ipAddress: ipAddress ?? null,
    baseline,
    candidate,
  });
  examples.sort(byPrint).splice(limit);
}

type Identified = Pick<Transaction, 'transactionId'>;

function byPrint({ transactionId: a }: Identified, { transactionId: b }: Identified): number {
  return fingerprint(a) - fingerprint(b) || (a < b ? -1 : Number(a > b));
}

/** Adds up figures of one shape: numbers, integers in decimal digits, and records of these. */
function sum<T>(a: T, b: T): T;
function sum(a: unknown, b: unknown): unknown {
  if (typeof a === 'number') return a + (b as number);
  if (typeof a === 'string') return String(BigInt(a) + BigInt(b as string));
  const total: Record<string, unknown> = { ...(a as object) };
  for (const [name, figure] of Object.entries(b as object)) {
    total[name] = Object.hasOwn(total, name) ? sum(total[name], figure) : figure;
  }
  return total;
}
