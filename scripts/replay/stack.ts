import { merge, type Report } from '../../processor/replay/report';
import type { RuleSet } from '../../processor/rules/rule-set';
import type { Ask } from '../operations';

export interface StoredSpan {
  candidate: RuleSet | string;
  /** Undefined: the active one. */
  baseline?: RuleSet | string;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  from: number;
  to: number;
  examples: number;
}

/** A span of so much or more is asked for in two halves at once, milliseconds: each reads the 24 hours before it as well. */
const WORTH_HALVING_MS = 4 * 86_400_000;

/**
 * Has the stack replay what it has stored, a long span in two halves at once, each in as many calls as it takes.
 *
 * @param onPart hears of how many transactions were judged, and of the part of the span that they are, 0 to 1
 */
export async function replayStored(
  span: StoredSpan,
  ask: Ask,
  onPart: (transactions: number, fraction: number) => void,
): Promise<Report> {
  const { from, to, examples } = span;
  const middle = Math.round((from + to) / 2);
  const spans =
    to - from < WORTH_HALVING_MS
      ? [span]
      : [
          { ...span, to: middle },
          { ...span, from: middle },
        ];
  const done = spans.map(() => ({ transactions: 0, milliseconds: 0 }));
  const reports = await Promise.all(
    spans.map((part, i) =>
      replayPart(part, ask, (report) => {
        done[i] = { transactions: report.transactions, milliseconds: Date.parse(report.to) - part.from };
        const sum = (of: keyof (typeof done)[0]) => done.reduce((total, one) => total + one[of], 0);
        onPart(sum('transactions'), sum('milliseconds') / (to - from));
      }),
    ),
  );
  return reports.reduce((first, second) => merge(first, second, examples));
}

async function replayPart(span: StoredSpan, ask: Ask, onReport: (report: Report) => void): Promise<Report> {
  const { candidate, examples } = span;
  const to = iso(span.to);
  let report: Report | undefined;
  while (report === undefined || report.to !== to) {
    // What is active may change between two calls: the first one's baseline goes on.
    const baseline: RuleSet | string | undefined = span.baseline ?? report?.baseline;
    const from = report?.to ?? iso(span.from);
    const part = (await ask({ action: 'replay', candidate, baseline, from, to, examples })) as Report;
    report = report === undefined ? part : merge(report, part, examples);
    onReport(report);
  }
  return report;
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
