import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Monitor, type Phase } from './console/monitor';
import { Operations } from './console/operations';
import { startConsole } from './console/server';
import { summaryOf } from './console/summary';
import { type Output, TerminalView } from './console/terminal';
import { Feed } from './feed/feed';
import type { Options } from './options';
import type { Platform } from './platform';
import { buildReport, type Report, writeReport, writeVerdicts } from './report';
import type { FunctionError } from './runtime/function';
import type { BatchReport, FailedBatch } from './runtime/reports';
import type { Schedule } from './runtime/schedule';

/** How long an interrupted run waits for what is in the stream, milliseconds. */
const DRAIN_AFTER_INTERRUPT_MS = 10_000;

export const EXIT = { done: 0, failed: 1, badOption: 2, interrupted: 130 } as const;

export interface RunOptions {
  options: Options;
  platform: Platform;
  /** Aborting it ends the feed; what is in the stream is processed and reported. */
  signal: AbortSignal;
  output: Output;
}

/**
 * Streams what the options name through the platform, shows what happens, and reports what it came to.
 *
 * @returns the exit code
 */
export async function run({ options, platform, signal, output }: RunOptions): Promise<number> {
  const broken = new AbortController();
  const feed = new Feed(options, platform, AbortSignal.any([signal, broken.signal]));
  let phase: Phase = 'streaming';
  const monitor = new Monitor({
    poller: platform.poller,
    database: platform.database,
    progress: () => ({ phase, read: feed.read, put: feed.put, fraction: feed.fraction }),
  });
  const operations = new Operations(platform);
  const page = await startConsole({
    monitor,
    source: feed.ends
      ? `${feed.source}, ${feed.pace}`
      : 'Generated traffic of a Japanese shop, about 1,000 transactions a minute',
    verify: (transactionId) => operations.verify(transactionId),
  });
  const view = new TerminalView(output, `${feed.source}, ${feed.pace}   ${page.url}`);
  const problems: Error[] = [];
  const stopTelling = tellTroubles(platform, monitor, view);
  const onBroken = (error: Error) => broken.abort(error);
  const onInterrupt = () =>
    view.print(['Ending: what is in the stream is still processed. Ctrl-C again ends at once.']);
  platform.poller.on('error', onBroken);
  signal.addEventListener('abort', onInterrupt, { once: true });
  try {
    view.print([`Streaming ${feed.source} ${feed.pace}. Figures, plots and alerts: ${page.url}`]);
    monitor.on('update', (update) => view.update(update, Date.now())).start();
    const started = performance.now();
    await feed
      .stream((label) => monitor.patterns.add(label))
      .catch((error: Error) => {
        if (!signal.aborted && !broken.signal.aborted) problems.push(error);
      });
    const interrupted = signal.aborted;
    phase = 'draining';
    if (!broken.signal.aborted) await drain(platform, feed.put, signal).catch(onBroken);
    if (broken.signal.aborted) problems.push(broken.signal.reason);
    const wallSeconds = Math.round(performance.now() - started) / 1_000;
    signal.removeEventListener('abort', onInterrupt);
    phase = problems.length > 0 ? 'failed' : 'done';
    await monitor.stop();
    const complete = problems.length === 0 && !(feed.ends && interrupted);
    const report = await reportOn({ feed, monitor, platform, complete, wallSeconds });
    view.print(['', ...summaryOf(report)]);
    if (options.report !== undefined) await writeReport(options.report, report);
    if (options.verdicts !== undefined) await writeVerdicts(options.verdicts, platform.database);
    if (complete && feed.ends && !options.exit && !signal.aborted) {
      view.print(['', `The page stays at ${page.url} until Ctrl-C.`]);
      await once(signal, 'abort');
    }
    const unprocessed = report.failedRecords + report.unsettled + report.refused + report.oversizeLines.total;
    if (problems.length === 0 && unprocessed === 0) return complete ? EXIT.done : EXIT.interrupted;
  } catch (error) {
    problems.push(error as Error);
  } finally {
    stopTelling();
    platform.poller.off('error', onBroken);
    operations.close();
    await page.close();
  }
  for (const { message } of problems) {
    view.print([`! ${message}`, ...platform.functionLog(10).map((line) => `  ${line}`)]);
  }
  return EXIT.failed;
}

/** Prints what goes wrong on the way and does not end the run, each trouble once. @returns what ends it */
function tellTroubles({ poller, schedules }: Platform, monitor: Monitor, view: TerminalView): () => void {
  const told = new Set<string>();
  const tell = (trouble: string) => {
    if (!told.has(trouble)) view.print([`! ${trouble}`]);
    told.add(trouble);
  };
  const onBatch = ({ error }: BatchReport) => {
    if (error !== undefined) tell(`an attempt of the function failed, its records are tried again: ${error}`);
  };
  const onFailed = ({ condition, location = 'no destination' }: FailedBatch) =>
    tell(`records were given up (${condition}) and kept at ${location.replace(/[^/]*$/, '')}`);
  const onScheduled = ({ name }: Schedule, { errorType, errorMessage }: FunctionError) =>
    tell(`what ${name} invokes failed: ${errorType}: ${errorMessage}`);
  schedules.on('failed', onScheduled);
  monitor.on('error', ({ message }) => tell(`the database does not answer: ${message}`));
  poller.on('batch', onBatch).on('failed', onFailed);
  return () => {
    poller.off('batch', onBatch).off('failed', onFailed);
    schedules.off('failed', onScheduled);
  };
}

/** Waits until everything put is settled; of an interrupted run for a while only. */
async function drain({ poller }: Platform, put: number, signal: AbortSignal): Promise<void> {
  const drained = poller.drained(put);
  const givenUp = new AbortController();
  const timeUp = async () => {
    if (!signal.aborted) await once(signal, 'abort', { signal: givenUp.signal });
    await sleep(DRAIN_AFTER_INTERRUPT_MS, undefined, { signal: givenUp.signal });
  };
  try {
    await Promise.race([drained, timeUp()]);
  } finally {
    drained.catch(() => undefined);
    givenUp.abort();
  }
}

interface Ended {
  feed: Feed;
  monitor: Monitor;
  platform: Platform;
  complete: boolean;
  wallSeconds: number;
}

function reportOn({ feed, monitor, platform, complete, wallSeconds }: Ended): Promise<Report> {
  const { poller, database } = platform;
  return buildReport(
    {
      input: feed.source,
      complete,
      read: feed.read,
      put: feed.put,
      settled: poller.settledRecords,
      failedRecords: poller.failedRecords,
      refused: feed.refused,
      oversizeLines: feed.oversizeLines,
      latencyMs: monitor.latency.quantiles() ?? null,
      wallSeconds,
      patterns: monitor.patterns.counts(),
    },
    database,
  );
}
