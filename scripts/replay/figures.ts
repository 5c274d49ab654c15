import { inReadingOrder, inWords } from '../../local/console/words';
import {
  alertsOf,
  type Change,
  type Example,
  quality,
  type Report,
  type Share,
  type Side,
} from '../../processor/replay/report';
import type { Decision } from '../../processor/types';

export const DECISIONS: readonly Decision[] = ['allow', 'review', 'block'];
export const SIDES: readonly Side[] = ['baseline', 'candidate'];

const inJapan = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: 'Asia/Tokyo' });

/** `1,234,567` */
export function count(n: number): string {
  return n.toLocaleString('en');
}

/** A time as people in Japan read it: `2026-04-01 09:30:00`. */
export function time(iso: string): string {
  return inJapan.format(new Date(iso));
}

/** An amount in minor units, exact whatever its size, as people write it: `¥4,980`, `$12.50`. */
export function money(minorUnits: string, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 0;
  const digits = minorUnits.padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  return format.format(`${whole}.${digits.slice(whole.length)}0` as Intl.StringNumericLiteral);
}

/** A share with the counts it rests on: `66.7 % (2 of 3)`, or that there is none. */
export function share({ part, whole, share }: Share): string {
  return share === null ? 'none (0 of 0)' : `${(share * 100).toFixed(1)} % (${count(part)} of ${count(whole)})`;
}

/** Alerts of both rule sets, and those gained and lost. */
export function alerts(report: Report): Change {
  const days = Object.values(report.days);
  return {
    baseline: alertsOf(report, 'baseline'),
    candidate: alertsOf(report, 'candidate'),
    gained: days.reduce((total, { gained }) => total + gained, 0),
    lost: days.reduce((total, { lost }) => total + lost, 0),
  };
}

/** Transactions in the span that analysts found to be fraud or not to be. */
export function findings({ dispositions }: Report): string {
  const { 'confirmed-fraud': fraud, 'false-positive': wrong, unclear } = dispositions;
  return `${count(fraud.total)} confirmed as fraud, ${count(wrong.total)} as false positives, ${count(unclear.total)} unclear`;
}

/** Whether there is anything to say about precision and recall. */
export function hasFindings({ dispositions }: Report): boolean {
  return dispositions['confirmed-fraud'].total + dispositions['false-positive'].total > 0;
}

/** The report as it is written to a file: with what follows from its figures. */
export function withQuality(report: Report): object {
  return { ...report, quality: { baseline: quality(report, 'baseline'), candidate: quality(report, 'candidate') } };
}

/** Examples in order of event time. */
export function inOrder(examples: readonly Example[]): Example[] {
  return [...examples].sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : Number(a.occurredAt > b.occurredAt)));
}

/** Why a rule set decides as it does, in sentences. */
export function reasons(example: Example, side: Side): string[] {
  return example[side].reasons.map((reason) => inWords(inReadingOrder(reason), example));
}
