import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Quantiles of latencies, milliseconds. */
export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
}

/** Latencies in bounded memory: a high dynamic range histogram with three significant digits. */
export class LatencyHistogram {
  readonly #histogram: RecordableHistogram = createHistogram({ figures: 3 });

  /** Adds latencies in milliseconds; parts of a millisecond count as a whole one. */
  add(latenciesMs: readonly number[]): void {
    for (const latency of latenciesMs) this.#histogram.record(Math.max(1, Math.ceil(latency)));
  }

  /** Undefined as long as there is nothing. */
  quantiles(): Quantiles | undefined {
    if (this.#histogram.count === 0) return undefined;
    const at = (percent: number) => this.#histogram.percentile(percent);
    return { p50: at(50), p95: at(95), p99: at(99) };
  }

  reset(): void {
    this.#histogram.reset();
  }
}
