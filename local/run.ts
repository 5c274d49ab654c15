import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FeedProgress, Monitor } from './console/monitor';
import { Operations } from './console/operations';
import { startConsole } from './console/server';
import { summaryOf } from './console/summary';
import { type Output, TerminalView } from './console/terminal';
import { FileFeed } from './feed/file';
import { generateTraffic } from './feed/generator/traffic';
import { pump } from './feed/pump';
import type { OversizeLine } from './feed/records';
import { RecordSender } from './feed/sender';
import type { Options } from './options';
import type { Platform } from './platform';
import { buildReport, writeReport, writeVerdicts } from './report';
import type { BatchReport, FailedBatch } from './runtime/reports';

/** Records that may be in the stream and not yet settled: some batches for each concurrent invocation, about a second of latency at full speed. */
const MAX_UNSETTLED = 3_000;
/** How long an interrupted run waits for what is in the stream, milliseconds. */
const DRAIN_AFTER_INTERRUPT_MS = 10_000;
/** Oversize lines that the report names. */
const MAX_NAMED_LINES = 20;
const SEED = 1;

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
  const { poller, database } = platform;
  const source = options.input ?? 'generator';
  const feed = options.input === undefined ? undefined : new FileFeed(options.input);
  const oversizeLines: { total: number; first: OversizeLine[] } = { total: 0, first: [] };
  let phase: FeedProgress['phase'] = 'streaming';

  const broken = new AbortController();
  const feeding = AbortSignal.any([signal, broken.signal]);
  const sender = new RecordSender({
    kinesis: platform.kinesis,
    streamName: String(platform.outputs.kinesisStreamName),
    poller,
    maxUnsettled: MAX_UNSETTLED,
    signal: feeding,
  });
  const monitor = new Monitor({
    poller,
    database,
    progress: () => ({ phase, read: sender.put + oversizeLines.total, put: sender.put, fraction: feed?.fraction }),
  });
  const operations = new Operations(platform);
  const speed =
    feed === undefined ? 'as it happens' : options.speed === 'max' ? 'at full speed' : `at speed ${options.speed}`;
  const page = await startConsole({
    monitor,
    source:
      feed === undefined
        ? 'Generated traffic of a Japanese shop, about 1,000 transactions a minute'
        : `${source}, ${speed}`,
    verify: (transactionId) => operations.verify(transactionId),
  });
  const view = new TerminalView(output, `${source}, ${speed}   ${page.url}`);
  const told = new Set<string>();
  const tell = (problem: string) => {
    if (told.has(problem)) return;
    told.add(problem);
    view.print([`! ${problem}`]);
  };
  const onBatch = ({ error }: BatchReport) => {
    if (error !== undefined) tell(`an attempt of the function failed, its records are tried again: ${error}`);
  };
  const onFailed = ({ condition, location }: FailedBatch) =>
    tell(`records were given up (${condition}) and kept at ${(location ?? 'no destination').replace(/[^/]*$/, '')}`);
  const onBroken = (error: Error) => broken.abort(error);
  const onInterrupt = () => view.print(['Ending: what is in the stream is still processed. Ctrl-C again ends at once.']);
  signal.addEventListener('abort', onInterrupt, { once: true });
  poller.on('batch', onBatch).on('failed', onFailed).on('error', onBroken);
  monitor.on('update', (update) => view.update(update, Date.now()));
  monitor.on('error', (error) => tell(`the database does not answer: ${error.message}`));

  view.print([`Streaming ${source} ${speed}. Figures, plots and alerts: ${page.url}`]);
  monitor.start();
  const started = performance.now();
  const problems: Error[] = [];
  try {
    await pump({
      source: feed ?? generateTraffic({ seed: SEED, start: Date.now() }),
      sender,
      speed: feed === undefined ? 1 : options.speed,
      signal: feeding,
      onLabel: (label) => monitor.patterns.add(label),
      onOversize: (line) => {
        oversizeLines.total++;
        if (oversizeLines.first.length < MAX_NAMED_LINES) oversizeLines.first.push(line);
      },
    });
  } catch (error) {
    if (!signal.aborted) problems.push((broken.signal.reason ?? error) as Error);
  }
  const interrupted = signal.aborted;
  try {
    phase = 'draining';
    if (!broken.signal.aborted) await drain(platform, sender.put, signal);
    signal.removeEventListener('abort', onInterrupt);
    const wallSeconds = Math.round(performance.now() - started) / 1_000;
    phase = problems.length > 0 ? 'failed' : 'done';
    await monitor.stop();
    const report = await buildReport(
      {
        input: source,
        complete: problems.length === 0 && (feed === undefined || !interrupted),
        read: sender.put + oversizeLines.total,
        put: sender.put,
        settled: poller.settledRecords,
        failedRecords: poller.failedRecords,
        oversizeLines,
        latencyMs: monitor.latency.quantiles() ?? null,
        wallSeconds,
        patterns: monitor.patterns.counts(),
      },
      database,
    );
    view.print(['', ...summaryOf(report)]);
    if (options.report !== undefined) await writeReport(options.report, report);
    if (options.verdicts !== undefined) await writeVerdicts(options.verdicts, database);
    if (feed !== undefined && !options.exit && !signal.aborted && problems.length === 0) {
      view.print(['', `The page stays at ${page.url} until Ctrl-C.`]);
      await once(signal, 'abort');
    }
    if (problems.length === 0 && report.failedRecords + oversizeLines.total + report.unsettled === 0) {
      return report.complete ? EXIT.done : EXIT.interrupted;
    }
  } catch (error) {
    problems.push(error as Error);
  } finally {
    poller.off('batch', onBatch).off('failed', onFailed).off('error', onBroken);
    operations.close();
    await page.close();
  }
  for (const problem of problems)
    view.print([`! ${problem.message}`, ...platform.functionLog(10).map((line) => `  ${line}`)]);
  return EXIT.failed;
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
