import { styleText } from 'node:util';
import { quality, type Report, type Side } from '../../processor/replay/report';
import * as figures from './figures';

const { count } = figures;

/** Without a terminal a line of progress is written this often, milliseconds. */
const LINE_EVERY_MS = 5_000;
/** With one, it is drawn anew this often. */
const DRAW_EVERY_MS = 200;

export interface Output {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows how far a replay is: a line that is drawn anew, or plain lines where there is no terminal. */
export class Progress {
  readonly #output: Output;
  #last = Number.NEGATIVE_INFINITY;

  constructor(output: Output) {
    this.#output = output;
  }

  /** @param now the clock, milliseconds */
  show(text: string, now: number): void {
    if (now - this.#last < (this.#output.isTTY ? DRAW_EVERY_MS : LINE_EVERY_MS)) return;
    this.#last = now;
    this.#output.write(this.#output.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
  }

  end(): void {
    if (this.#output.isTTY) this.#output.write('\r\u001b[K');
  }
}

/**
 * The report as tables.
 *
 * @param leftOut what was left out of a file, as a sentence
 */
export function tables(report: Report, leftOut = ''): string {
  const { baseline, candidate, from, to, transactions, partial, days, rules, amounts } = report;
  const sections = [
    [
      styleText('bold', `${candidate} (candidate) against ${baseline} (baseline)`, { stream: process.stdout }),
      `${figures.time(from)} to ${figures.time(to)}, Japan time: ${count(transactions)} transactions`,
      ...(partial > 0 ? [`${count(partial)} of them with less than 24 hours of known history`] : []),
      ...(leftOut === '' ? [] : [leftOut]),
    ],
    table(
      ['', 'baseline', 'candidate', 'gained', 'lost'],
      [
        ['alerts', ...changes(figures.alerts(report), count)],
        ...Object.entries(amounts).map(([currency, sums]) => [
          `amount ${currency}`,
          ...changes(sums, (sum) => figures.money(sum, currency)),
        ]),
      ],
    ),
    table(
      ['baseline \\ candidate', ...figures.DECISIONS],
      figures.DECISIONS.map((before) => [
        before,
        ...figures.DECISIONS.map((after) => count(report.decisions[before][after])),
      ]),
    ),
    table(
      ['rule', 'baseline', 'candidate', 'in gained', 'in lost'],
      Object.entries(rules).map(([rule, change]) => [rule, ...changes(change, count)]),
    ),
    table(
      ['day in Japan', 'transactions', 'baseline', 'candidate', 'gained', 'lost'],
      Object.entries(days).map(([day, change]) => [day, count(change.transactions), ...changes(change, count)]),
    ),
    figures.hasFindings(report)
      ? [
          `Analysts: ${figures.findings(report)}`,
          ...table(
            ['', 'precision', 'recall'],
            figures.SIDES.map((side) => qualityOf(report, side)),
          ),
        ]
      : ['Analysts have found out nothing about these transactions: there is no precision and no recall.'],
    ...(['gained', 'lost', 'changed'] as const).map((kind) => examples(report, kind)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function changes<F>(change: Record<Side | 'gained' | 'lost', F>, shown: (figure: F) => string): string[] {
  return [change.baseline, change.candidate, change.gained, change.lost].map(shown);
}

function qualityOf(report: Report, side: Side): string[] {
  const { precision, recall } = quality(report, side);
  return [side, figures.share(precision), figures.share(recall)];
}

function examples(report: Report, kind: keyof Report['examples']): string[] {
  const all = figures.inOrder(report.examples[kind]);
  const title = { gained: 'Alerts gained', lost: 'Alerts lost', changed: 'Between review and block' }[kind];
  const lines = all.flatMap((example) => [
    `  ${figures.time(example.occurredAt)}  ${example.transactionId}  ${figures.money(String(example.amount), example.currency)}`,
    ...figures.SIDES.flatMap((side) =>
      example[side].decision === 'allow'
        ? []
        : [
            `    ${side}: ${example[side].decision} ${example[side].score}: ${figures.reasons(example, side).join('; ')}`,
          ],
    ),
  ]);
  return lines.length === 0 ? [] : [`${title}, some of them:`, ...lines];
}

/** Rows under a head, the first column to the left and the others to the right. */
function table(head: string[], rows: string[][]): string[] {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => (row[i] as string).length)));
  return [head, ...rows].map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join('  '),
  );
}
