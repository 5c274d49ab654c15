import { EventEmitter } from 'node:events';
import type { Pool } from 'pg';
import type { Decision } from '../../processor/types';
import type { Poller } from '../platform';
import type { BatchReport } from '../runtime/reports';
import { LatencyHistogram, type Quantiles } from './latency';
import { type PatternCount, PatternTally } from './patterns';
import { type Alert, AlertFeed, type Counts, countVerdicts } from './verdicts';

/** Seconds of which the figures are kept, and alerts. */
const MAX_SECONDS = 600;
const MAX_ALERTS = 100;
const SECOND_MS = 1_000;
/** Counting may take this share of the time at most, whatever the size of the database. */
const COUNTING_SHARE = 0.05;

/** `starting` until the first record; `draining` once all are put; `done` when all are settled. */
export type Phase = 'starting' | 'streaming' | 'draining' | 'done' | 'failed';

/** What the feed has done so far. */
export interface FeedProgress {
  phase: Phase;
  /** Records put, and lines that no stream accepts. */
  read: number;
  put: number;
  /** Part of the input that has been read, 0 to 1; undefined when it has no end. */
  fraction?: number;
}

/** What happened in about one second, as rates a second. */
export interface Second {
  /** Its end, milliseconds since 1970-01-01T00:00:00Z. */
  at: number;
  /** Records settled. */
  settled: number;
  /** Put to stored, milliseconds; null when nothing was settled. */
  latencyMs: Quantiles | null;
  /** Alerts first seen. */
  reviews: number;
  blocks: number;
}

/** Everything so far. */
export interface Totals extends FeedProgress, Counts {
  settled: number;
  failed: number;
  latencyMs: Quantiles | null;
  /** Attempts of the function that failed whole. */
  failedAttempts: number;
}

export interface Update {
  second: Second;
  totals: Totals;
  /** New ones, the latest first. */
  alerts: ShownAlert[];
  patterns: PatternCount[];
}

/** What one who joins has missed. */
export interface Snapshot extends Omit<Update, 'second'> {
  seconds: Second[];
}

export type ShownAlert = Alert & {
  /** The injected pattern it belongs to. */
  pattern?: string;
};

export interface MonitorOptions {
  poller: Pick<Poller, 'on' | 'off' | 'settledRecords' | 'failedRecords'>;
  database: Pick<Pool, 'query'>;
  progress: () => FeedProgress;
}

/** Watches a run and gives its figures once a second. */
export class Monitor extends EventEmitter<{ update: [Update]; error: [Error] }> {
  readonly patterns = new PatternTally();
  readonly latency = new LatencyHistogram();
  readonly #options: MonitorOptions;
  readonly #secondLatency = new LatencyHistogram();
  readonly #alertFeed: AlertFeed;
  #seconds: Second[] = [];
  #alerts: ShownAlert[] = [];
  #counts: Counts = { stored: 0, quarantined: 0, review: 0, block: 0, allowedWithReasons: 0 };
  #settledBefore = 0;
  #failedAttempts = 0;
  #nextCount = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastTick = performance.now();
  #ticking: Promise<void> | undefined;

  constructor(options: MonitorOptions) {
    super();
    this.#options = options;
    this.#alertFeed = new AlertFeed(options.database);
  }

  start(): void {
    this.#options.poller.on('batch', this.#onBatch);
    this.#timer = setInterval(() => {
      this.#ticking ??= this.#tick()
        .catch((error: Error) => void this.emit('error', error))
        .finally(() => {
          this.#ticking = undefined;
        });
    }, SECOND_MS);
  }

  /** Stops watching, after one last look at everything. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#options.poller.off('batch', this.#onBatch);
    this.#nextCount = 0;
    await this.#ticking;
    await this.#tick();
  }

  snapshot(): Snapshot {
    return {
      seconds: this.#seconds,
      totals: this.totals(),
      alerts: this.#alerts,
      patterns: this.patterns.counts(),
    };
  }

  totals(): Totals {
    const { poller, progress } = this.#options;
    return {
      ...progress(),
      ...this.#counts,
      settled: poller.settledRecords,
      failed: poller.failedRecords,
      latencyMs: this.latency.quantiles() ?? null,
      failedAttempts: this.#failedAttempts,
    };
  }

  readonly #onBatch = ({ latenciesMs, outcome }: BatchReport) => {
    this.latency.add(latenciesMs);
    this.#secondLatency.add(latenciesMs);
    if (outcome === 'error') this.#failedAttempts++;
  };

  async #tick(): Promise<void> {
    const { poller, database } = this.#options;
    const settled = poller.settledRecords;
    const elapsedSeconds = (performance.now() - this.#lastTick) / 1_000;
    this.#lastTick += elapsedSeconds * 1_000;
    const latencyMs = this.#secondLatency.quantiles() ?? null;
    this.#secondLatency.reset();
    const alerts = (await this.#alertFeed.next()).map((alert) => ({
      ...alert,
      pattern: this.patterns.patternOf(alert.transactionId),
    }));
    await this.#count(database);
    // The last look may come a moment after the one before it: that is no second of its own.
    const perSecond = (records: number) => Math.round(records / Math.max(1, elapsedSeconds));
    const decided = (wanted: Decision) => alerts.filter(({ decision }) => decision === wanted).length;
    const second = {
      at: Date.now(),
      settled: perSecond(settled - this.#settledBefore),
      latencyMs,
      reviews: perSecond(decided('review')),
      blocks: perSecond(decided('block')),
    };
    this.#settledBefore = settled;
    this.#seconds = [...this.#seconds, second].slice(-MAX_SECONDS);
    this.#alerts = [...alerts, ...this.#alerts].slice(0, MAX_ALERTS);
    this.emit('update', {
      second,
      totals: this.totals(),
      alerts: alerts.slice(0, MAX_ALERTS),
      patterns: this.patterns.counts(),
    });
  }

  /** Counts anew, unless the last time was so long that it would slow the run. */
  async #count(database: Pick<Pool, 'query'>): Promise<void> {
    const begun = performance.now();
    if (begun < this.#nextCount) return;
    this.#counts = await countVerdicts(database);
    await this.patterns.update(database);
    const ended = performance.now();
    this.#nextCount = ended + (ended - begun) / COUNTING_SHARE;
  }
}
