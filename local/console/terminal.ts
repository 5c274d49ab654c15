import { styleText } from 'node:util';
import type { ShownAlert, Totals, Update } from './monitor';
import { count } from './summary';

/** Without a terminal a line is written this often, milliseconds. */
const LINE_EVERY_MS = 5_000;
const SHOWN_ALERTS = 8;
const BARS = ' ▁▂▃▄▅▆▇█';

export interface Output {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows a run in the terminal: a block that is drawn anew every second, or plain lines where there is no terminal. */
export class TerminalView {
  readonly #output: Output;
  readonly #title: string;
  #drawnLines = 0;
  #rates: number[] = [];
  #alerts: ShownAlert[] = [];
  #lastLine = Number.NEGATIVE_INFINITY;

  /** @param title what is streamed, and where the page is */
  constructor(output: Output, title: string) {
    this.#output = output;
    this.#title = title;
  }

  /** @param now the clock, milliseconds */
  update({ second, totals, alerts }: Update, now: number): void {
    this.#rates = [...this.#rates, second.settled].slice(-40);
    this.#alerts = [...alerts, ...this.#alerts].slice(0, SHOWN_ALERTS);
    if (this.#output.isTTY) {
      this.#draw(this.#block(second.settled, totals));
    } else if (now - this.#lastLine >= LINE_EVERY_MS) {
      this.#lastLine = now;
      this.#output.write(`${this.#line(second.settled, totals)}\n`);
    }
  }

  /** Writes lines above the block, which is drawn again with the next update. */
  print(lines: readonly string[]): void {
    this.#draw([]);
    this.#output.write(lines.map((line) => `${line}\n`).join(''));
  }

  #line(rate: number, totals: Totals): string {
    const { phase, stored, review, block, quarantined, failed, latencyMs, fraction } = totals;
    const [alert] = this.#alerts;
    return [
      `${phase}${percentOf(fraction)}`,
      `${count(stored)} stored`,
      `${count(rate)}/s`,
      `latency ${latencyMs === null ? '-' : `${latencyMs.p50}/${latencyMs.p95}/${latencyMs.p99} ms`}`,
      `${count(review)} review`,
      `${count(block)} block`,
      `${count(quarantined)} quarantined`,
      ...(failed > 0 ? [`${count(failed)} failed`] : []),
      ...(alert === undefined ? [] : [`latest ${alert.decision} ${alert.transactionId}: ${alert.reasons[0]?.text}`]),
    ].join(', ');
  }

  #block(rate: number, totals: Totals): string[] {
    const { phase, stored, review, block, quarantined, failed, failedAttempts, latencyMs, fraction } = totals;
    const peak = Math.max(1, ...this.#rates);
    const bars = this.#rates.map((r) => BARS[Math.ceil((r / peak) * (BARS.length - 1))]).join('');
    const problems =
      failed + failedAttempts > 0 ? `   failed ${count(failed)}, failed attempts ${count(failedAttempts)}` : '';
    return [
      '',
      `${bold(this.#title)}   ${phase}${percentOf(fraction)}`,
      `  throughput  ${count(rate).padStart(7)}/s  ${bars}`,
      `  latency     ${latencyMs === null ? '-' : `p50 ${latencyMs.p50} ms   p95 ${latencyMs.p95} ms   p99 ${latencyMs.p99} ms`}   put to stored`,
      `  stored ${count(stored)}   quarantined ${count(quarantined)}${problems}`,
      `  allow ${count(stored - review - block)}   review ${paint('yellow', count(review))}   block ${paint('red', count(block))}`,
      '',
      ...this.#alerts.map(alertLine),
    ];
  }

  /** Draws the lines in place of the last ones, cut at the terminal's edge (no wrapping), or they could not be counted. */
  #draw(lines: readonly string[]): void {
    const up = this.#drawnLines > 0 ? `\u001b[${this.#drawnLines}A\r\u001b[J` : '';
    const text = lines.map((line) => `${line}\n`).join('');
    this.#output.write(lines.length > 0 ? `${up}\u001b[?7l${text}\u001b[?7h` : up);
    this.#drawnLines = lines.length;
  }
}

function alertLine({ judgedAt, decision, score, amount, reasons, withdrawn, pattern }: ShownAlert): string {
  const time = new Date(judgedAt).toLocaleTimeString('en-GB', { timeZone: 'Asia/Tokyo' });
  const colour = decision === 'block' ? 'red' : decision === 'review' ? 'yellow' : 'gray';
  const texts = [...(withdrawn ? ['withdrawn'] : []), ...reasons.map(({ text }) => text)];
  const injected = pattern === undefined ? '' : ` [injected ${pattern}]`;
  return `  ${time} ${paint(colour, `${decision.padEnd(6)} ${String(score).padStart(3)}`)}  ${amount.padStart(9)}  ${texts.join('; ')}${injected}`;
}

function percentOf(fraction: number | undefined): string {
  return fraction === undefined ? '' : ` ${Math.floor(fraction * 100)} %`;
}

function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout });
}

function paint(colour: 'red' | 'yellow' | 'gray', text: string): string {
  return styleText(colour, text, { stream: process.stdout });
}
